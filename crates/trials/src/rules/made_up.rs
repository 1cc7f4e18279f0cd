//! Studies of our own making, for demonstrations: nothing in them comes from a real protocol.

use model::Refusal;

use super::edit::{self, Edit, Timing};
use super::parts::{self, Entry, Part};
use super::protocol::{Protocol, items, text};
use super::skeleton::{self, Beginning};

/// A visit: label, place of its epoch, day from the anchor, days around it.
type Visit = (&'static str, usize, i64, i64);

const VISITS: &[Visit] = &[
    ("Screening", 0, -14, 7),
    ("Baseline", 1, 0, 0),
    ("Week 2", 1, 14, 3),
    ("Week 4", 1, 28, 3),
    ("Week 8", 1, 56, 5),
    ("Week 12", 1, 84, 5),
    ("Follow-up", 2, 112, 7),
];

/// An activity and the visits at which it is done, one letter each.
const ACTIVITIES: &[(&str, &str)] = &[
    ("Informed consent", "x......"),
    ("Inclusion and exclusion criteria", "xx....."),
    ("Demographics", "x......"),
    ("Medical history", "x......"),
    ("Prior and concomitant medications", "xxxxxxx"),
    ("Physical examination", "x....x."),
    ("Height", "x......"),
    ("Weight", "xx.x.x."),
    ("Vital signs", "xxxxxxx"),
    ("12-lead ECG", "x..x.x."),
    ("Hemoglobin", "xx.x.x."),
    ("Creatinine", "xx.x.x."),
    ("Pregnancy test", "xx....x"),
    ("Randomization", ".x....."),
    ("Study drug administration", ".xxxx.."),
    ("Headache diary review", ".xxxxx."),
    ("Adverse events", ".xxxxxx"),
];

const CRITERIA: &[(&str, &str)] = &[
    ("C25532", "Adults from 18 to 65 years of age"),
    ("C25532", "Four to fourteen days with migraine a month over the last three months"),
    ("C25532", "Able to keep a diary every evening"),
    ("C25370", "Headache because of the overuse of medicines"),
    ("C25370", "Pregnant or breast-feeding"),
    ("C25370", "An estimated glomerular filtration rate below 45 mL/min/1.73 m²"),
];

/// LANTERN: two arms, seven visits; one activity that nobody knows the meaning of yet.
pub(crate) fn lantern() -> Result<Protocol, Refusal> {
    let mut protocol = skeleton::begin(&Beginning {
        title: "A randomised, double-blind study of velocitine against placebo to prevent migraine in adults (made up)"
            .to_owned(),
        identifier: "ALD-201".to_owned(),
        acronym: "LANTERN".to_owned(),
        sponsor: "Alder Therapeutics (made up)".to_owned(),
        arms: vec!["Velocitine 20 mg".to_owned(), "Placebo".to_owned()],
    });
    design(&mut protocol)?;
    schedule(&mut protocol, VISITS, ACTIVITIES)?;
    Ok(protocol)
}

/// The amendment of LANTERN: a visit more, an activity at more visits, a wider window.
pub(crate) fn amend_lantern(protocol: &mut Protocol) -> Result<(), Refusal> {
    let id = |protocol: &Protocol, list: &str, label: &str| {
        let all = protocol.listed(list);
        all.iter().find(|one| text(one, "label") == label).map_or(String::new(), |one| text(one, "id").to_owned())
    };
    let epoch = items(protocol.design(), "epochs").get(1).map_or(String::new(), |one| text(one, "id").to_owned());
    let after = Some(id(protocol, "encounters", "Week 12"));
    let timing = Timing { day: Some(98), window: Some((3, 3)) };
    Edit::AddVisit { label: "Week 14 call".to_owned(), epoch: epoch.clone(), timing, after }.apply(protocol)?;
    let call = id(protocol, "encounters", "Week 14 call");
    for label in ["Adverse events", "Prior and concomitant medications"] {
        let activity = id(protocol, "activities", label);
        Edit::Mark { activity, visit: call.clone(), on: true }.apply(protocol)?;
    }
    let (activity, visit) = (id(protocol, "activities", "Creatinine"), id(protocol, "encounters", "Week 8"));
    Edit::Mark { activity, visit: visit.clone(), on: true }.apply(protocol)?;
    let timing = Timing { day: Some(56), window: Some((7, 7)) };
    Edit::Time { visit, epoch, timing }.apply(protocol)
}

/// HARBOUR: small and whole, so that it can be brought to release.
pub(crate) fn harbour() -> Result<Protocol, Refusal> {
    let mut protocol = skeleton::begin(&Beginning {
        title: "An open-label study of a sea-salt nasal spray in adults with a dry nose (made up)".to_owned(),
        identifier: "ALD-105".to_owned(),
        acronym: "HARBOUR".to_owned(),
        sponsor: "Alder Therapeutics (made up)".to_owned(),
        arms: vec!["Spray".to_owned()],
    });
    design(&mut protocol)?;
    let visits = [("Screening", 0, -7, 3), ("Day 1", 1, 0, 0), ("Week 4", 1, 28, 3), ("Follow-up", 2, 42, 5)];
    let activities = [
        ("Informed consent", "x..."),
        ("Demographics", "x..."),
        ("Medical history", "x..."),
        ("Vital signs", "xxxx"),
        ("Study drug administration", ".x.."),
        ("Concomitant medications", "xxxx"),
        ("Adverse events", ".xxx"),
    ];
    schedule(&mut protocol, &visits, &activities)?;
    Ok(protocol)
}

fn design(protocol: &mut Protocol) -> Result<(), Refusal> {
    let write = |protocol: &mut Protocol, part: Part, kind: &str, words: &str| {
        let entry = Entry { kind: kind.to_owned(), words: words.to_owned(), ..Entry::default() };
        parts::write(protocol, part, &entry)
    };
    write(
        protocol,
        Part::Objectives,
        "C85826",
        "To see whether the treatment lowers the number of days with symptoms",
    )?;
    write(protocol, Part::Endpoints, "C94496", "Change from baseline in days with symptoms a month, weeks 9 to 12")?;
    for (kind, words) in CRITERIA {
        write(protocol, Part::Criteria, kind, words)?;
    }
    let placebo = parts::entries(protocol, Part::Arms).into_iter().find(|arm| arm.label == "Placebo");
    if let Some(arm) = placebo {
        parts::write(protocol, Part::Arms, &Entry { kind: "C174268".to_owned(), ..arm })?;
    }
    Ok(())
}

fn schedule(protocol: &mut Protocol, visits: &[Visit], activities: &[(&str, &str)]) -> Result<(), Refusal> {
    let epochs: Vec<String> = items(protocol.design(), "epochs").iter().map(|one| text(one, "id").to_owned()).collect();
    let mut columns = Vec::new();
    // The anchor first: the other visits are timed from it.
    let mut order: Vec<&Visit> = visits.iter().filter(|visit| visit.2 == 0).collect();
    order.extend(visits.iter().filter(|visit| visit.2 != 0));
    for (label, epoch, day, around) in order {
        let timing = Timing { day: Some(*day), window: Some((*around, *around)) };
        let epoch = epochs.get(*epoch).map_or("", String::as_str);
        columns.push((*label, edit::add_visit(protocol, label, epoch, timing, None)?));
    }
    let first = columns.iter().find(|(label, _)| visits.first().is_some_and(|visit| visit.0 == *label));
    if let Some((_, id)) = first {
        Edit::Move { part: edit::Part::Visit, id: id.clone(), later: false }.apply(protocol)?;
    }
    let visit = |at: usize| {
        let label = visits.get(at).map_or("", |visit| visit.0);
        columns.iter().find(|(name, _)| *name == label).map(|(_, id)| id.clone())
    };
    for (label, marks) in activities {
        let activity = edit::add_activity(protocol, label, None)?;
        for at in marks.char_indices().filter(|(_, mark)| *mark == 'x').map(|(at, _)| at) {
            let Some(visit) = visit(at) else { continue };
            Edit::Mark { activity: activity.clone(), visit: visit.clone(), on: true }.apply(protocol)?;
            if *label == "Pregnancy test" {
                let words = "Women who can become pregnant".to_owned();
                Edit::Note { activity: activity.clone(), visit, words }.apply(protocol)?;
            }
        }
    }
    Ok(())
}
