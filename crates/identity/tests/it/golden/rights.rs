//! Samples of the kinds about who may do what.

use std::path::Path;

use identity::{
    CustomRole, Emergency, EmergencyReview, Proposal, ProposalState, Review, ReviewDecision, ReviewItem, ReviewVerdict,
    SupportGrant, SupportState, Visit,
};
use model::golden::Broken;
use model::{RecordId, SubjectId, Time};

use super::one;

pub fn sweep(dir: &Path) -> Vec<(&'static str, Result<(), Broken>)> {
    let account = SubjectId::from_bytes([5; 16]);
    let at = |seconds: i64| Time::from_seconds(1_795_000_000 + seconds);
    vec![
        one(
            dir,
            &CustomRole {
                title: "Weekend receptionist".into(),
                words: "At the desk on Saturdays.".into(),
                template: "receptionist".into(),
                permissions: vec!["patient.read".into()],
                purposes: vec!["direct-care".into()],
            },
        ),
        one(
            dir,
            &Emergency {
                by: account,
                role: "emergency-care".into(),
                reason: "unconscious in the waiting room".into(),
                from: at(0),
                until: at(3_600),
                review: Some(EmergencyReview {
                    by: SubjectId::from_bytes([7; 16]),
                    at: at(7_200),
                    justified: true,
                    words: "rightly done".into(),
                }),
            },
        ),
        one(
            dir,
            &Proposal {
                class: "erase-person".into(),
                change: account.to_string(),
                by: account,
                at: at(0),
                reason: "asked for in writing".into(),
                expires: at(604_800),
                state: ProposalState::Declined { by: account, at: at(60), reason: "kept by law until 2037".into() },
            },
        ),
        one(
            dir,
            &Review {
                title: "Spring".into(),
                reviewer: account,
                opened_by: account,
                opened: at(0),
                due: at(604_800),
                begun: Some(at(10)),
                used_since: at(-86_400),
                items: vec![ReviewItem {
                    account,
                    role: "auditor".into(),
                    about: None,
                    from: Some(at(0)),
                    until: None,
                    last_used: Some(at(-60)),
                    unused: vec!["change.follow".into()],
                    decision: Some(ReviewDecision {
                        at: at(40),
                        seconds: 30,
                        verdict: ReviewVerdict::Until { until: at(86_400) },
                    }),
                }],
            },
        ),
        one(
            dir,
            &SupportGrant {
                operator: account,
                name: "Olga Operator".into(),
                reason: "a report that does not open".into(),
                asked: at(0),
                hours: 2,
                state: SupportState::Approved { by: account, at: at(60), until: at(7_260) },
            },
        ),
        one(dir, &Visit { grant: RecordId::from_bytes([8; 16]), operator: account, ends: at(7_260) }),
    ]
}
