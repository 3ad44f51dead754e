//! Why a request is refused as a whole.

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The word it is counted under.
    pub reason: &'static str,
    /// What is told to the sender.
    pub description: String,
    /// The HTTP status.
    pub status: u16,
}

impl Refusal {
    /// The request is bad and will be bad again.
    pub(super) fn bad(reason: &'static str, description: impl Into<String>) -> Self {
        Self { reason, description: description.into(), status: 400 }
    }

    /// We cannot tell for the moment: the sender tries again.
    pub(super) fn internal(reason: &'static str, description: impl Into<String>) -> Self {
        Self { reason, description: description.into(), status: 500 }
    }

    /// The request is larger than any honest one.
    pub(super) fn too_large(limit: usize) -> Self {
        let description = format!("the request is larger than {limit} bytes");
        Self { reason: "oversized", description, status: 413 }
    }

    /// The vendor's word for the kind of error.
    pub(super) fn error(&self) -> &'static str {
        if self.status >= 500 { "internal_error" } else { "bad_request" }
    }
}
