use access::Window;
use identity::HeldRole;
use model::RefusalKind::{Conflict, Invalid, NotAllowed};

use super::{Office, hire, kind};
use crate::house::{address, refused};

fn auditor() -> HeldRole {
    HeldRole::always("auditor")
}

#[tokio::test]
async fn an_open_session_ends_with_the_last_day_of_access_and_with_being_kept_out() {
    let office = Office::new().await;
    let session = office.session("cleo").await;
    assert_eq!(office.status(&session, "/people").await, 200);
    let until = Some(office.house.now().plus_seconds(60));
    let admin = office.admin(office.ada);
    office.house.identity.set_membership(&admin, office.cleo, Window { from: None, until }).await.unwrap();
    assert_eq!(office.status(&session, "/people").await, 200, "the last moment is inside");
    office.house.outside.move_on(59);
    assert_eq!(office.status(&session, "/people").await, 200);
    office.house.outside.move_on(1);
    assert_eq!(office.status(&session, "/people").await, 403, "the first moment after is not");
    let admin = office.admin(office.ada);
    office.house.identity.set_membership(&admin, office.cleo, Window::ALWAYS).await.unwrap();
    assert_eq!(office.status(&session, "/people").await, 200);
    office.house.identity.bar(&admin, office.cleo, "left without a word".into()).await.unwrap();
    assert_ne!(office.status(&session, "/people").await, 200);
    office.house.identity.readmit(&admin, office.cleo).await.unwrap();
    assert_ne!(office.status(&session, "/people").await, 200, "who is let in again signs in again");
}

#[tokio::test]
async fn nobody_signs_in_outside_their_access() {
    let office = Office::new().await;
    let admin = office.admin(office.ada);
    let from = Some(office.house.now().plus_seconds(3_600));
    office.house.identity.set_membership(&admin, office.cleo, Window { from, until: None }).await.unwrap();
    office.house.outside.move_on(60);
    let ticket = office.house.ticket(&address("cleo@example.org")).await;
    assert_eq!(refused(office.house.second(&ticket, &office.house.code()).await).kind, NotAllowed);
    office.house.outside.move_on(3_600);
    let session = office.session("cleo").await;
    assert_eq!(office.status(&session, "/people").await, 200);
}

#[tokio::test]
async fn a_role_holds_inside_its_window_and_from_the_next_request_on() {
    let office = Office::new().await;
    let dan = hire(&office.house, office.tenant, "dan", &[]).await;
    let session = office.session("dan").await;
    assert_eq!(office.status(&session, "/people").await, 404);
    let now = office.house.now();
    let held = HeldRole { from: Some(now.plus_seconds(10)), until: Some(now.plus_seconds(20)), ..auditor() };
    office.house.identity.give_role(&office.admin(office.ada), dan, held).await.unwrap();
    for (seconds, status) in [(0, 404), (9, 404), (1, 200), (9, 200), (1, 404)] {
        office.house.outside.move_on(seconds);
        assert_eq!(office.status(&session, "/people").await, status, "after {seconds} more");
    }
    office.house.identity.give_role(&office.admin(office.ada), dan, auditor()).await.unwrap();
    assert_eq!(office.status(&session, "/people").await, 200);
    office.house.identity.take_role(&office.admin(office.ada), dan, "auditor", None).await.unwrap();
    assert_eq!(office.status(&session, "/people").await, 404);
}

#[tokio::test]
async fn nobody_changes_their_own_access_and_duties_and_the_houses_roles_are_not_given() {
    let office = Office::new().await;
    let (identity, admin) = (&office.house.identity, office.admin(office.ada));
    assert_eq!(kind(identity.give_role(&admin, office.ada, auditor()).await), NotAllowed);
    assert_eq!(kind(identity.set_membership(&admin, office.ada, Window::ALWAYS).await), NotAllowed);
    assert_eq!(kind(identity.bar(&admin, office.ada, "I want a holiday".into()).await), NotAllowed);
    for role in ["duty.door", "house.operator", "house.developer", "nothing", "emergency-administration"] {
        assert_eq!(kind(identity.give_role(&admin, office.cleo, HeldRole::always(role)).await), Invalid, "{role}");
    }
    let backwards = HeldRole { from: Some(admin.now), until: Some(admin.now), ..auditor() };
    assert_eq!(kind(identity.give_role(&admin, office.cleo, backwards).await), Invalid);
    assert_eq!(kind(identity.bar(&admin, office.cleo, "short".into()).await), Invalid, "a reason says something");
}

#[tokio::test]
async fn the_last_who_can_give_roles_stays() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    identity.take_role(&office.admin(office.ada), office.ben, "administrator", None).await.unwrap();
    // Ben's session was still open in another window of time: his rights are as they were when he asked.
    let ben = office.admin(office.ben);
    assert_eq!(kind(identity.take_role(&ben, office.ada, "administrator", None).await), Conflict);
    assert_eq!(kind(identity.bar(&ben, office.ada, "an uprising of one".into()).await), Conflict);
}

#[tokio::test]
async fn who_may_only_look_changes_nothing() {
    let office = Office::new().await;
    let (identity, cleo) = (&office.house.identity, office.with(office.cleo, &["auditor"]));
    assert_eq!(kind(identity.give_role(&cleo, office.ben, auditor()).await), NotAllowed);
    assert_eq!(kind(identity.bar(&cleo, office.ben, "because I can, or so I think".into()).await), NotAllowed);
    assert_eq!(kind(identity.set_membership(&cleo, office.ben, Window::ALWAYS).await), NotAllowed);
    assert_eq!(kind(identity.end_sessions(&cleo, office.ben).await), NotAllowed);
    assert!(office.house.count(office.tenant, "command", "none", "refused").await >= 4, "each attempt is on record");
}
