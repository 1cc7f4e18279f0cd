//! The organisation of the demo house that designs trials, with made-up studies and people for each job.

use identity::Policy;
use model::Answer;

use crate::demo::{SignIn, Staff, hire, new_tenant};
use crate::house::House;

const NAME: &str = "Alder Trials";
const DOMAIN: &str = "aldertrials.example";

const STAFF: [Staff; 4] = [
    ("ines", "Ines Carvalho", &["study-designer", "administrator"], "study designer and administrator"),
    ("kofi", "Kofi Asante", &["study-reviewer"], "study reviewer"),
    ("mei", "Dr Mei Tanaka", &["study-approver"], "study approver"),
    ("lars", "Lars Holm", &["data-standards-lead"], "data standards lead"),
];

/// Makes the organisation, its people and its studies.
pub(crate) async fn furnish(house: &House) -> Answer<Vec<SignIn>> {
    let tenant = new_tenant(house, NAME, Policy::USUAL).await?;
    let mut sign_ins = Vec::new();
    for one in &STAFF {
        sign_ins.push(hire(house, tenant, one, NAME, DOMAIN).await?.1);
    }
    let (request, now) = (house.outside().request_id(), house.outside().now());
    let duty = identity::duty_ctx(&house.vault, trials::FURNISH, tenant, request, now);
    trials::furnish(&trials::State::new(house.vault.clone()), &duty).await?;
    Ok(sign_ins)
}
