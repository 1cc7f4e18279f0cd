//! A study definition becomes the artefacts of a study build.

mod concepts;
mod csv;
mod dataset;
mod finding;
mod schedule;
mod standards;
mod summary;
mod time;
mod trial;
mod usdm;
mod words;

pub use concepts::{Choice, Choices, Coverage, Resolution, Step, Target};
pub use finding::{Finding, Proposal, Severity};
pub use schedule::{Cell, Event, Occasion, Point, Schedule, Visit};

/// temporary
pub fn peek(bytes: &[u8]) -> (Vec<Finding>, Vec<Proposal>, Schedule, Vec<Resolution>, Option<Coverage>) {
    let mut notes = finding::Notes::default();
    let Some(study) = usdm::read(bytes, 0, &mut notes) else {
        let (f, p, _) = notes.settle();
        return (f, p, Schedule::default(), vec![], None);
    };
    let s = schedule::resolve(&study.design, &mut notes);
    let r = concepts::resolve(&study, &Choices::default(), &mut notes);
    let c = concepts::coverage(&study, &r);
    let (f, p, _) = notes.settle();
    (f, p, s, r, Some(c))
}
