//! Pages about who may do what.

mod approvals;
mod desk;
mod emergencies;
mod people;
mod person;
mod reviews;
mod role_editor;
mod roles;
mod support;
mod why;

use model::Purpose;
use web::{FromForm, Needs, Reader, Site};

use super::State;

pub(crate) use desk::window as window_words;

/// Every page about access.
pub(super) fn site(state: State) -> Site {
    let may = Needs::Permission;
    Site::pages()
        .get("/people", may("account.read"), "List who may sign in here.", people::list)
        .get("/people/{id}", may("account.read"), "Show what one person may do and when.", people::show)
        .get("/people/{id}/roles", may("account.grant"), "Choose a role for somebody.", person::ask_role)
        .post("/people/{id}/roles", may("account.grant"), "Give somebody a role in an access window.", person::give)
        .post("/people/{id}/roles/take", may("account.grant"), "Take a role away from somebody.", people::take)
        .get("/people/{id}/dates", may("account.schedule"), "Choose somebody's first and last day.", person::ask_dates)
        .post("/people/{id}/dates", may("account.schedule"), "Set somebody's first and last day.", person::set_dates)
        .get("/people/{id}/bar", may("account.bar"), "Say why somebody is kept out.", person::ask_bar)
        .post("/people/{id}/bar", may("account.bar"), "Keep somebody out from now on.", person::bar)
        .get("/people/{id}/end", may("account.retire"), "Say why somebody's account ends.", person::ask_end)
        .post("/people/{id}/end", may("account.retire"), "End somebody's account, or propose to.", person::end)
        .post("/people/{id}/readmit", may("account.bar"), "Let somebody in again.", people::readmit)
        .post("/people/{id}/sign-out", may("session.end"), "End all sessions of somebody.", people::sign_out)
        .get("/roles", may("role.read"), "List the roles and who holds them.", roles::list)
        .get("/roles/new", may("role.create"), "Choose what a new role permits.", role_editor::ask_new)
        .post("/roles/new", may("role.create"), "Make a role of the organisation's own.", role_editor::make)
        .get("/roles/{name}", may("role.read"), "Show what a role permits, and who holds it.", roles::show)
        .get("/roles/{name}/edit", may("role.update"), "Show a role to be changed.", role_editor::ask_edit)
        .post("/roles/{name}/edit", may("role.update"), "Change a role of the organisation's own.", role_editor::save)
        .post("/roles/{name}/retire", may("role.retire"), "Take a role out of use.", roles::retire)
        .for_purpose(Purpose::Administration)
        .with_state(state.clone())
        .join(two_people(state.clone()))
        .join(looking(state))
}

/// Changes that take two people, and emergencies.
fn two_people(state: State) -> Site {
    let may = Needs::Permission;
    let (read, decide) = (may("approval.read"), may("approval.decide"));
    Site::pages()
        .get("/approvals", read, "List the changes that take two people.", approvals::list)
        .get("/approvals/erase", may("approval.create"), "Choose a person to be erased.", approvals::ask_erase)
        .post("/approvals/erase", may("approval.create"), "Propose to erase a person.", approvals::erase)
        .get("/approvals/{id}", read, "Show one change that takes two people.", approvals::show)
        .post("/approvals/{id}/agree", decide, "Agree to somebody else's proposal, and do it.", approvals::agree)
        .post("/approvals/{id}/decline", decide, "Decline a proposal.", approvals::decline)
        .post("/approvals/{id}/withdraw", decide, "Take back one's own proposal.", approvals::withdraw)
        .post("/approvals/{id}/alone", decide, "Do one's own proposal alone, in an emergency.", approvals::alone)
        .get("/emergency", may("emergency.use"), "Say what cannot wait.", emergencies::ask)
        .post("/emergency", may("emergency.use"), "Take a right for some minutes.", emergencies::take)
        .get("/emergencies", may("emergency.read"), "List the emergencies.", emergencies::list)
        .get("/emergencies/{id}", may("emergency.read"), "Show one emergency.", emergencies::show)
        .post(
            "/emergencies/{id}",
            may("emergency.review"),
            "Say what one found about an emergency.",
            emergencies::review,
        )
        .for_purpose(Purpose::Administration)
        .with_state(state)
}

/// Support, reviews, and why.
fn looking(state: State) -> Site {
    let may = Needs::Permission;
    let (decide, ask) = (may("support.decide"), may("support.ask"));
    Site::pages()
        .get("/support", may("support.read"), "List the operators who asked to be let in.", support::list)
        .post("/support/{id}/approve", decide, "Let an operator of the house in.", support::approve)
        .post("/support/{id}/refuse", decide, "Do not let an operator in.", support::refuse)
        .post("/support/{id}/end", decide, "End an operator's visit.", support::end)
        .get("/support/desk", ask, "List an operator's own requests.", support::desk)
        .post("/support/desk", ask, "Ask an organisation to be let in.", support::ask)
        .post("/support/desk/{tenant}/{id}", ask, "Enter an organisation that agreed.", support::enter)
        .get("/reviews", may("review.read"), "List the access reviews, and what is left over.", reviews::list)
        .get("/reviews/new", may("review.open"), "Choose who reviews what.", reviews::ask_new)
        .post("/reviews/new", may("review.open"), "Ask somebody for an access review.", reviews::open)
        .get("/reviews/{id}", may("review.read"), "Show a review and whether it is kept.", reviews::show)
        .post("/reviews/{id}/begin", may("review.decide"), "Begin a review.", reviews::begin)
        .get("/reviews/{id}/{number}", may("review.decide"), "Show one holding to be decided.", reviews::item)
        .post("/reviews/{id}/{number}", may("review.decide"), "Decide one holding.", reviews::decide)
        .get("/access/refused", may("refusal.explain"), "Find out why a request was refused.", why::refused)
        .get("/access/{kind}/{id}", may("record.explain"), "Show who may open a record, and why.", why::may_see)
        .get("/access/{kind}/{id}/looked", may("disclosure.read"), "Show who has looked at a record.", why::looked)
        .for_purpose(Purpose::Administration)
        .with_state(state)
}

/// A form without fields: only that it came from a page of ours.
pub(super) struct Only;

impl FromForm for Only {
    fn from_form(_: &mut Reader<'_>) -> Option<Self> {
        Some(Self)
    }
}
