use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::figures;
use crate::probe::{Finding, Trouble, Visit, several};

/// Emergency access is counted in public, short, and looked at.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "emergencies",
    group: "Who can see a record",
    words: "What takes two people is done by one only in an emergency on record. Every emergency is counted here, lasts at most \
            two hours and is looked at by somebody else within a day.",
    rows: &["M51"],
    proof: Proof::Scan,
    counts: Counts::Whole,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "The house counts, over every organisation: emergencies, those that lasted longer than two hours, those that nobody \
          else looked at within 24 hours, and changes of the protected classes that were done with fewer than two different \
          people and outside an emergency. All but the first must be none. To show that the check can fail, it is made on the \
          same counts with one wrong each, and must notice each.",
    probe: ProbeDecl {
        id: "access.emergencies",
        version: 1,
        source: include_bytes!("emergencies.rs"),
        parameters: "figures: organisations, emergencies, emergencies_long, emergencies_overdue, two_people_done, two_people_done_by_one",
        run,
    },
};

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

/// The counts that must be none, with what is wrong if they are not.
const NONE: [(&str, &str); 3] = [
    ("emergencies_long", "lasted longer than two hours"),
    ("emergencies_overdue", "were looked at by nobody else within a day"),
    ("two_people_done_by_one", "took two people and were done by one, outside an emergency"),
];

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let mut finding = Finding::default();
    let figures = figures(visit).await?;
    let (emergencies, done) = (figures.number("emergencies")?, figures.number("two_people_done")?);
    // A house without an emergency so far was looked at all the same, organisation by organisation.
    let organisations = figures.number("organisations")?;
    let mut counts = Vec::new();
    for (name, _) in NONE {
        counts.push(figures.number(name)?);
    }
    finding.saw("emergencies", emergencies);
    finding.saw("two_people_done", done);
    for (name, count) in NONE.map(|(name, _)| name).iter().zip(&counts) {
        finding.saw(name, *count);
    }
    for wrong in wrongs(&counts) {
        finding.fail(wrong);
    }
    let told = format!(
        "{} so far, {} that took two people",
        several(emergencies, "emergency", "emergencies"),
        several(done, "change", "changes")
    );
    let looked_at = organisations + emergencies + done;
    finding.counted(
        looked_at,
        looked_at,
        format!("{}: {told}", several(organisations, "organisation", "organisations")),
    );
    let caught = (0..NONE.len()).filter(|number| {
        let mut wrong = vec![0; NONE.len()];
        wrong.iter_mut().skip(*number).take(1).for_each(|count| *count = 1);
        wrongs(&wrong).len() == 1
    });
    let caught = caught.count();
    let words = format!("Of {} counts made wrong, {caught} were noticed.", NONE.len());
    finding.control(caught == NONE.len(), words, visit.now());
    Ok(finding)
}

fn wrongs(counts: &[u64]) -> Vec<String> {
    let wrong = NONE.iter().zip(counts).filter(|(_, count)| **count > 0);
    wrong.map(|((_, words), count)| format!("{count} {words}.")).collect()
}
