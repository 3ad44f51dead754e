//! The expression language: every function, errors with their column, properties.

use proptest::prelude::*;

use super::*;
use crate::core::source::{Account, Group, Membership, OrganizationalUnit, UnitId};

fn account() -> Account {
    Account {
        id: "user_a1".into(),
        username: Some("zhang.san".into()),
        display_name: Some("张三".into()),
        email: Some("Zhang.San@Example.com".into()),
        phone_region: Some("86".into()),
        phone_number: Some("13800000001".into()),
        enabled: true,
        create_time: Some(1_735_689_600_000),
        units: vec![
            Membership { unit: UnitId("ou_a".into()), name: Some("研发部".into()), primary: true },
            Membership { unit: UnitId("ou_b".into()), name: Some("平台组".into()), primary: false },
        ],
        groups: vec![Group { id: "g1".into(), name: Some("Staff".into()), description: None }],
        custom_fields: vec![("title".into(), "Engineer".into())],
        ..Account::default()
    }
}

fn shown(text: &str) -> String {
    match Expression::parse(text, Model::User) {
        Err(error) => format!("! {error}"),
        Ok(expression) => match expression.evaluate(Scope::Account(&account())) {
            Err(error) => format!("!! {error}"),
            Ok(Value::Null) => "null".into(),
            Ok(Value::List(list)) => format!("{:?}", list.iter().map(|v| v.to_text()).collect::<Vec<_>>()),
            Ok(value) => value.into_text().unwrap().unwrap(),
        },
    }
}

#[test]
fn every_function_does_what_its_signature_says() {
    let table = [
        ("Coalesce(user.description, user.displayName)", "张三"),
        (r#"Concat("a", null, "b")"#, "ab"),
        (r#"Join("-", "a", null, "b")"#, "a-b"),
        (r#"ArrayJoin(Split("a;b", ";"), "+")"#, "a+b"),
        ("Trim(\"  x \")", "x"),
        ("Lower(user.email)", "zhang.san@example.com"),
        ("Upper(user.username)", "ZHANG.SAN"),
        (r#"Title("ada LOVELACE")"#, "Ada Lovelace"),
        ("Substring(user.displayName, 1, 1)", "三"),
        (r#"Left("abc", 2)"#, "ab"),
        (r#"Right("abc", 2)"#, "bc"),
        ("Length(user.displayName)", "2"),
        (r#"Before("a@b@c", "@")"#, "a"),
        (r#"After("a@b@c", "@")"#, "b@c"),
        (r#"BeforeLast("a@b@c", "@")"#, "a@b"),
        (r#"AfterLast("a@b@c", "@")"#, "c"),
        (r#"After("abc", "@")"#, "null"),
        (r#"Before("abc", "@")"#, "abc"),
        (r#"Replace("R&D - East", "-", "/")"#, "R&D / East"),
        (r##"RegexReplace("a1b22", "[0-9]+", "#")"##, "a#b#"),
        (r#"RegexExtract("no 4711", "([0-9]+)")"#, "4711"),
        (r#"Contains(user.email, "@")"#, "true"),
        (r#"StartsWith(user.username, "zh")"#, "true"),
        (r#"EndsWith(user.username, "x")"#, "false"),
        (r#"If(user.status == "enabled", "on", "off")"#, "on"),
        (r#"Switch(user.phoneRegion, "852", "HK", "86", "CN", "?")"#, "CN"),
        (r#"Switch(user.phoneRegion, "852", "HK", "?")"#, "?"),
        ("IsEmpty(user.description)", "true"),
        (r#"Default(user.description, "none")"#, "none"),
        (r#"PadLeft("7", 3, "0")"#, "007"),
        (r#"DateFormat(user.createTime, "%Y-%m-%d")"#, "2025-01-01"),
        (r#"DateFormat(0, "yyyy年MM月dd日 HH:mm:ss.SSS")"#, "1970年01月01日 00:00:00.000"),
        (r#"Digits("+86 (1)")"#, "861"),
        ("E164(user.phoneRegion, user.phoneNumber)", "+8613800000001"),
        ("DingMobile(user.phoneRegion, user.phoneNumber)", "13800000001"),
        ("DingMobile(null, null)", "null"),
        (
            r#"ArrayJoin(ArrayMap(user.organizationalUnits, __item.organizationalUnitName), "/")"#,
            "研发部/平台组",
        ),
        ("Count(ArrayFilter(user.organizationalUnits, __item.primary))", "1"),
        ("First(user.groups) == null", "false"),
        ("Count(user.groups)", "1"),
        ("ObjectToJsonString(user.groups)", r#"[{"description":null,"groupId":"g1","groupName":"Staff"}]"#),
        (r#"Lookup("CN=China;HK=Hong Kong", "HK")"#, "Hong Kong"),
        ("user.customFieldMap.title.fieldValue", "Engineer"),
        ("user.customFieldMap.absent.fieldValue", "null"),
        ("user.identityProviderUserMap.idp_x.identityProviderUserId", "null"),
        ("Lower(user.description)", "null"),
    ];
    for (text, expected) in table {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn operators_bind_in_the_documented_order() {
    for (text, expected) in [
        ("true || false && false", "true"),
        ("!true == false", "true"),
        ("!!true", "true"),
        ("1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3 && 1 != 2", "true"),
        ("null == null", "true"),
        ("null < 1", "false"),
        (r#""1" == 1"#, "false"),
        ("(1 == 1) == true", "true"),
        ("null && true", "false"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn an_error_names_row_column_and_the_nearest_name() {
    for (text, expected) in [
        ("user.emial", "! row 1, column 1: unknown path `user.emial`, did you mean `user.email`?"),
        ("Lowr(user.email)", "! row 1, column 1: unknown function `Lowr`, did you mean `Lower`?"),
        ("user.phone", "! row 1, column 1: `user.phone` is called user.phoneNumber"),
        ("Concat(\n  Lower())", "! row 2, column 3: Lower is written Lower(text)"),
        ("__item", "! row 1, column 1: `__item` exists only inside ArrayMap and ArrayFilter"),
        (
            r#"RegexReplace(user.email, "(", "")"#,
            "! row 1, column 1: `(` is no regular expression: error: unclosed group",
        ),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
    for text in [
        "",
        "user.",
        "Concat(\"a\"",
        "\"open",
        "1 +",
        "a b",
        "&& true",
        "user.email user.email",
        "(1",
        "\"\\x\"",
    ] {
        assert!(shown(text).starts_with("! row 1, column"), "{text}: {}", shown(text));
    }
    assert!(shown(r#"If("x", 1, 2)"#).starts_with("!! "));
}

#[test]
fn a_units_name_is_reached_through_ou() {
    let unit = OrganizationalUnit { name: "R&D - East".into(), ..OrganizationalUnit::default() };
    let expression =
        Expression::parse(r#"Replace(ou.organizationalUnitName, "-", " ")"#, Model::Unit).unwrap();
    assert_eq!(expression.evaluate(Scope::Unit(&unit)), Ok(Value::Text("R&D   East".into())));
    assert!(Expression::parse("user.email", Model::Unit).is_err());
}

#[test]
fn custom_fields_and_groups_need_the_single_read() {
    let needs = |text| Expression::parse(text, Model::User).unwrap().needs_details();
    assert!(needs("user.customFieldMap.title.fieldValue"));
    assert!(needs("Count(user.groups) > 0"));
    assert!(!needs("Concat(user.displayName, user.email)"));
}

#[test]
fn nothing_grows_without_bound() {
    let nested = format!("{}1{}", "(".repeat(60), ")".repeat(60));
    assert!(shown(&nested).starts_with("! row 1, column 49: more than 48"));
    let negated = format!("{}true", "!".repeat(9_001));
    assert_eq!(shown(&negated), "false");
    let chain = vec!["false"; 1_500].join(" || ");
    assert_eq!(shown(&chain), "false");
    assert!(shown(r#"PadLeft("x", 99999999, "y")"#).starts_with("!! column 1: PadLeft: text longer"));
    let doubled = (0..12)
        .fold("\"0123456789\"".to_owned(), |inner, _| format!("Replace({inner}, \"0\", \"00000000\")"));
    assert!(shown(&doubled).contains("longer than"));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC*") {
        let _ = shown(&text);
    }

    #[test]
    fn no_likely_text_makes_it_panic(
        text in "(user\\.email|user\\.groups|\"a\"|[(),!&|=<>. ]|Concat\\(|ArrayMap\\(|Substring\\(|__item|-?[0-9]{1,20}|null){0,24}"
    ) {
        let _ = shown(&text);
    }

    #[test]
    fn a_text_that_is_not_copied_is_the_one_that_would_be_computed(
        name in proptest::option::of("\\PC{0,3}"),
        region in proptest::option::of("( ?86|00 ?86|852|)"),
        number in proptest::option::of("[ +0-9-]{0,14}"),
        text in "(user\\.(displayName|status|phoneNumber|customFieldMap\\.title\\.(fieldValue|fieldName)|primaryOrganizationalUnitId|createTime|groups)|\
            Coalesce\\(user\\.displayName, user\\.description, (user\\.username|null|Coalesce\\(user\\.displayName\\))\\)|\
            Default\\(user\\.displayName, user\\.phoneNumber\\)|DingMobile\\(user\\.phoneRegion, user\\.phoneNumber\\)|\
            DingMobile\\((null|\"\"), Coalesce\\(user\\.phoneNumber\\)\\))",
    ) {
        let account = Account { display_name: name, phone_region: region, phone_number: number, ..account() };
        let expression = Expression::parse(&text, Model::User).unwrap();
        let scope = Scope::Account(&account);
        let computed = expression.evaluate(scope).unwrap().into_text().map_err(EvalError::of_whole);
        prop_assert_eq!(expression.text(scope).map(|text| text.map(Cow::into_owned)), computed, "{}", text);
    }
}
