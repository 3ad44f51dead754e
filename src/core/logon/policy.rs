//! The rights that QR code logon needs besides reading, as a RAM policy to copy.

/// Every operation it calls.
pub const ACTIONS: [&str; 9] = [
    "eiam:GetInstance",
    "eiam:ListIdentityProviders",
    "eiam:GetIdentityProvider",
    "eiam:CreateIdentityProvider",
    "eiam:EnableIdentityProviderAuthn",
    "eiam:DisableIdentityProviderAuthn",
    "eiam:ListUserAuthnSourceMappings",
    "eiam:BindUserAuthnSourceMapping",
    "eiam:UnbindUserAuthnSourceMapping",
];

/// The policy document.
pub fn policy() -> String {
    let actions: Vec<String> = ACTIONS.iter().map(|action| format!("        \"{action}\"")).collect();
    format!(
        "{{\n  \"Version\": \"1\",\n  \"Statement\": [\n    {{\n      \"Effect\": \"Allow\",\n      \"Action\": [\n{}\n      ],\n      \"Resource\": \"*\"\n    }}\n  ]\n}}",
        actions.join(",\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_json_and_names_every_operation() {
        let policy: serde_json::Value = serde_json::from_str(&policy()).unwrap();
        let named = policy["Statement"][0]["Action"].as_array().unwrap();
        assert_eq!(named.len(), ACTIONS.len());
    }
}
