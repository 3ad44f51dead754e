//! `--fault`: the list of them for the help, and the check of a given one.

use std::fmt::Write;

use crate::simulator::faults::{CATALOGUE, Faults, Known, moment};

/// Every fault and switch, for the end of the help.
pub(super) fn help() -> String {
    let mut text = String::from(
        "With --state FILE the simulated world is kept from one run to the next. When both services can be\n\
         called, one line of JSON with their addresses is printed; SIGINT and SIGTERM end them.\n\n\
         Faults, given as --fault NAME[=WHEN][@OPERATION]:\n  \
         WHEN       N: the first N calls; N%: a share of them; every:N; after:N; without it every call\n  \
         OPERATION  end of a DingTalk path (user/create) or an IDaaS action (GetUser); without it every one\n\n\
         Behind a fault or a switch ~SECONDS says how long after the start it comes into force: no-mobile~30.\n\n",
    );
    let (faults, switches): (Vec<&Known>, Vec<&Known>) = CATALOGUE.iter().partition(|known| is_fault(known));
    for known in faults {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  {:<20} {}", known.name, known.does);
    }
    text.push_str("\nSwitches, given as --fault NAME or --fault NAME=VALUE:\n\n");
    for known in switches {
        let _ = writeln!(text, "  {:<31} {}", format!("{}{}", known.name, known.value), known.does);
    }
    text
}

fn is_fault(known: &Known) -> bool {
    known.value.starts_with("[=WHEN]")
}

/// A fault as given, when it is one.
pub(super) fn parse(text: &str) -> Result<String, String> {
    let (now, _) = moment(text)?;
    let head = now.split_once('@').map_or(now, |(head, _)| head);
    let (name, value) = head.split_once('=').unwrap_or((head, ""));
    let Some(known) = CATALOGUE.iter().find(|known| known.name == name) else {
        return Err(format!("there is no fault of this name; did you mean `{}`?", nearest(name)));
    };
    Faults::default().add(text)?;
    check_value(known, value, now.contains('@'))
        .map_err(|why| format!("{why}; its form is {}{}", known.name, known.value))?;
    Ok(text.to_owned())
}

fn nearest(name: &str) -> &'static str {
    let names = CATALOGUE.iter().map(|known| known.name);
    names.min_by_key(|known| strsim::damerau_levenshtein(name, known)).unwrap_or_default()
}

/// A switch's value by the form that the catalogue shows.
fn check_value(known: &Known, value: &str, has_operation: bool) -> Result<(), &'static str> {
    if is_fault(known) {
        return Ok(());
    }
    if has_operation {
        return Err("a switch concerns no single operation");
    }
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let is_signed = is_number || value.strip_prefix('-').is_some_and(|rest| rest.parse::<u32>().is_ok());
    let is_right = match known.value.trim_start_matches('=') {
        "" => value.is_empty(),
        "[=html]" => value.is_empty() || value == "html",
        "reverse" => value == "reverse" || value == "shuffled",
        word @ ("generated" | "dashed" | "error") => value == word,
        "MS" | "N" => is_number,
        "SECONDS" => is_signed,
        "ID,ID" => value.split(',').all(|id| id.trim().parse::<i64>().is_ok()),
        // A permission point has letters, an error code digits.
        "CODE" | "ADDRESS" | "ACTION" | "MOBILE,MOBILE" | "TEXT" => !value.is_empty(),
        _ => value.is_empty() || is_signed,
    };
    if is_right { Ok(()) } else { Err("the value does not fit") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_catalogue_is_in_the_help_and_can_be_given() {
        let help = help();
        for known in CATALOGUE {
            assert!(help.contains(&format!("\n  {}", known.name)), "{}", known.name);
            let value = match known.value.trim_start_matches('=') {
                "MS" | "N" | "SECONDS" => "=5",
                "ID,ID" => "=1,2",
                "CODE" | "ADDRESS" | "ACTION" | "MOBILE,MOBILE" | "TEXT" => "=x",
                "reverse" => "=shuffled",
                "generated" => "=generated",
                "dashed" => "=dashed",
                "error" => "=error",
                _ => "",
            };
            assert!(parse(&format!("{}{value}", known.name)).is_ok(), "{}{value}", known.name);
        }
    }

    #[test]
    fn a_mistyped_fault_names_the_nearest_one() {
        assert!(parse("trottle").unwrap_err().contains("`throttle`"));
        assert!(parse("duplicate_row").unwrap_err().contains("`duplicate-row`"));
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused() {
        for wrong in ["slow=soon", "slow", "busy=often", "no-mobile=yes", "partial-range=a", "slow=5@GetUser"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        for right in [
            "slow=5~10",
            "busy=2@user/get~1",
            "slow=5",
            "busy=3",
            "busy=10%@user/create",
            "idaas-clock-skew=-60",
            "ip-ban=html",
        ] {
            assert!(parse(right).is_ok(), "{right}");
        }
    }
}
