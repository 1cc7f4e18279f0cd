//! A refusal as FHIR says it: an `OperationOutcome` (R4).

use model::{Refusal, RefusalKind};

use super::json::{Object, object};

/// The `OperationOutcome` of a refusal: one issue for each problem, or one for the refusal itself.
///
/// `code` is from the value set issue-type; `expression` is the FHIRPath of the element. Problems of a search
/// are at `http.NAME`, which R4 keeps in `location`.
pub fn of_refusal(refusal: &Refusal) -> String {
    let code = code(refusal.kind);
    object(|outcome| {
        outcome.text("resourceType", "OperationOutcome");
        outcome.list("issue", |issues| {
            if refusal.problems.is_empty() {
                issues.object(|issue| head(issue, "error", code, &refusal.words));
            }
            for problem in &refusal.problems {
                issues.object(|issue| {
                    head(issue, "error", code, &refusal.words);
                    issue.text("diagnostics", &format!("{}: {}", problem.path, problem.words));
                    let place = if problem.path.starts_with("http.") { "location" } else { "expression" };
                    issue.texts(place, [problem.path.as_str()]);
                });
            }
        });
    })
}

/// The `OperationOutcome` for what went well, such as a deletion.
pub fn of_success(words: &str) -> String {
    remark("information", "informational", words)
}

/// The warning of a lenient search that ignored parameters, for an entry with `search.mode` `outcome`.
pub fn of_ignored(names: &[String]) -> String {
    remark("warning", "not-supported", &format!("These search parameters were ignored: {}.", names.join(", ")))
}

/// The answer to a fault: nothing but the number under which it is logged.
pub fn of_fault(request: &str) -> String {
    let words = format!("Something broke here. It has been logged under {request}.");
    remark("fatal", "exception", &words)
}

fn remark(severity: &str, code: &str, words: &str) -> String {
    object(|outcome| {
        outcome.text("resourceType", "OperationOutcome");
        outcome.list("issue", |issues| issues.object(|issue| head(issue, severity, code, words)));
    })
}

fn head(issue: &mut Object, severity: &str, code: &str, words: &str) {
    issue.text("severity", severity);
    issue.text("code", code);
    issue.object("details", |details| details.text("text", words));
}

/// The issue type of each kind of refusal (R4 value set issue-type).
pub const fn code(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::NotSignedIn => "login",
        RefusalKind::SecondFactorNeeded => "security",
        RefusalKind::NotAllowed => "forbidden",
        RefusalKind::NotFound => "not-found",
        RefusalKind::Gone => "deleted",
        RefusalKind::Malformed => "structure",
        RefusalKind::Invalid => "invalid",
        RefusalKind::TooLarge => "too-long",
        RefusalKind::WrongMediaType
        | RefusalKind::NotAcceptable
        | RefusalKind::WrongMethod
        | RefusalKind::NotSupported => "not-supported",
        RefusalKind::Conflict | RefusalKind::PreconditionFailed => "conflict",
        RefusalKind::PreconditionRequired => "required",
        RefusalKind::TooManyRequests => "throttled",
        RefusalKind::Busy => "transient",
    }
}
