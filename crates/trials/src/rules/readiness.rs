//! How far a study is from release, as steps with what is left to do at each.

use aws_lc_rs::digest::{SHA256, digest};

use crate::design::{Built, Proposal, Severity};
use crate::kinds::{Approval, Build, Decided, Decisions};

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is left to do.
    Done,
    /// Something is left to do.
    Open,
    /// Something is wrong that keeps the study from release.
    Blocked,
}

/// One step on the way to release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is about.
    pub name: &'static str,
    /// How it stands, in a sentence with its numbers.
    pub words: String,
    /// In a word, for machines and colours.
    pub standing: Standing,
    /// The page below the study where it is done.
    pub page: &'static str,
}

/// What the steps are counted from.
pub struct Known<'a> {
    /// What the generator made.
    pub built: &'a Built,
    /// What people decided.
    pub decisions: &'a Decisions,
    /// The version of the protocol.
    pub version: u64,
    /// The latest build.
    pub latest: Option<&'a Build>,
    /// Every approval.
    pub approvals: &'a [Approval],
}

/// The steps in order.
pub fn steps(known: &Known<'_>) -> Vec<Step> {
    vec![protocol(known), activities(known), proposals(known), build(known), approval(known)]
}

/// Whether nothing is left to do.
pub fn is_ready(steps: &[Step]) -> bool {
    steps.iter().all(|step| step.standing == Standing::Done)
}

/// `1 visit`, `12 visits`
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn protocol(known: &Known<'_>) -> Step {
    let of = |severity: Severity| known.built.findings.iter().filter(|one| one.severity == severity).count();
    let unresolved = known.built.coverage.unresolved;
    // An activity that nobody knows is a blocker too, and has a step of its own.
    let blockers = known.built.blockers.saturating_sub(unresolved);
    let errors = of(Severity::Error);
    let (words, standing) = match (known.built.readable, blockers, errors) {
        (false, ..) => ("The protocol cannot be built. The findings say why.".to_owned(), Standing::Blocked),
        (true, 0, 0) => ("No errors in the protocol or in what was built from it.".to_owned(), Standing::Done),
        (true, 0, errors) => {
            let words = format!("{} to look at; none blocks release.", count(errors, "error", "errors"));
            (words, Standing::Done)
        }
        (true, blockers, _) => {
            let words = format!("{} release.", count(blockers, "finding blocks", "findings block"));
            (words, Standing::Blocked)
        }
    };
    Step { name: "Protocol", words, standing, page: "findings" }
}

fn activities(known: &Known<'_>) -> Step {
    let coverage = known.built.coverage;
    let words = match coverage.unresolved {
        0 => format!("What each of the {} collects is known.", count(coverage.activities, "activity", "activities")),
        left => format!("{} of {} not known yet.", left, count(coverage.activities, "activity is", "activities are")),
    };
    let standing = if coverage.unresolved == 0 { Standing::Done } else { Standing::Blocked };
    Step { name: "Activities", words, standing, page: "mapping" }
}

fn proposals(known: &Known<'_>) -> Step {
    let all = known.built.proposals.len();
    let decided = |wanted: Decided| {
        let keys = known.decisions.decisions.iter().filter(|one| one.decided == wanted);
        let keys: std::collections::HashSet<&str> = keys.map(|one| one.key.as_str()).collect();
        known.built.proposals.iter().filter(|one| keys.contains(key(one).as_str())).count()
    };
    let (accepted, rejected) = (decided(Decided::Accepted), decided(Decided::Rejected));
    let open = all - accepted - rejected;
    let (words, standing) = match (all, open, rejected) {
        (0, ..) => ("The build proposes nothing.".to_owned(), Standing::Done),
        (_, 0, 0) => (format!("All {all} decided."), Standing::Done),
        (_, 0, rejected) => (
            format!("{} still in use.", count(rejected, "rejected proposal is", "rejected proposals are")),
            Standing::Blocked,
        ),
        (_, open, _) => {
            (format!("{open} of {} for a decision.", count(all, "proposal waits", "proposals wait")), Standing::Open)
        }
    };
    Step { name: "Proposals", words, standing, page: "findings" }
}

fn build(known: &Known<'_>) -> Step {
    let (words, standing) = match known.latest {
        None => ("Not built yet.".to_owned(), Standing::Open),
        Some(build) if build.protocol_version < known.version => {
            let words = format!(
                "Build {} is of version {}; the protocol is at version {}.",
                build.number, build.protocol_version, known.version
            );
            (words, Standing::Open)
        }
        Some(build) => (
            format!("Build {} has {}.", build.number, count(build.artefacts.len(), "artefact", "artefacts")),
            Standing::Done,
        ),
    };
    Step { name: "Build", words, standing, page: "builds" }
}

fn approval(known: &Known<'_>) -> Step {
    let Some(build) = known.latest else {
        let words = "Comes after the build.".to_owned();
        return Step { name: "Approval", words, standing: Standing::Open, page: "approvals" };
    };
    let approved = approved(build, known.approvals).len();
    let all = build.artefacts.len();
    let (words, standing) = if approved == all {
        (format!("All {all} artefacts of build {} are approved.", build.number), Standing::Done)
    } else {
        (format!("{approved} of {all} artefacts of build {} are approved.", build.number), Standing::Open)
    };
    Step { name: "Approval", words, standing, page: "approvals" }
}

/// Artefacts of a build whose very bytes somebody approved, in this build or an earlier one.
pub fn approved<'b>(build: &'b Build, approvals: &[Approval]) -> Vec<&'b str> {
    let all: std::collections::HashSet<(&str, &str)> =
        approvals.iter().flat_map(|one| &one.artefacts).map(|one| (one.name.as_str(), one.sha256.as_str())).collect();
    let holds = |name: &str, sum: &str| all.contains(&(name, sum));
    build.artefacts.iter().filter(|one| holds(&one.name, &one.sha256)).map(|one| one.name.as_str()).collect()
}

/// What a proposal is known by: the place, the value before and the value after.
pub fn key(proposal: &Proposal) -> String {
    let whole = format!("{}\u{0}{}\u{0}{}", proposal.path, proposal.before, proposal.after);
    let sum = digest(&SHA256, whole.as_bytes());
    sum.as_ref().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
