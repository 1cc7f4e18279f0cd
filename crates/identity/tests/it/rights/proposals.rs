use access::Ctx;
use identity::{EMPOWER, END_GOVERNOR, ERASE, Empowering, HeldRole, OPEN_SECONDS};
use model::RefusalKind::{Conflict, Invalid, NotAllowed, NotFound};
use model::{RecordId, SubjectId};

use super::{Office, hire, kind};

async fn proposed(office: &Office, by: &Ctx, who: SubjectId) -> RecordId {
    let change = serde_json::to_string(&Empowering { who, held: HeldRole::always("administrator") }).unwrap();
    office.house.identity.propose(by, EMPOWER, change, "she takes over in spring".into()).await.unwrap()
}

#[tokio::test]
async fn a_role_that_governs_others_takes_two_different_people() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let (ada, ben) = (office.admin(office.ada), office.admin(office.ben));
    let alone = identity.give_role(&ada, office.cleo, HeldRole::always("administrator")).await;
    assert_eq!(kind(alone), NotAllowed, "nobody gives it alone");
    let id = proposed(&office, &ada, office.cleo).await;
    assert_eq!(kind(identity.agree(&ada, id).await), NotAllowed, "nobody agrees with themselves");
    let session = office.session("cleo").await;
    assert_eq!(office.status(&session, &format!("/people/{}/dates", office.ben)).await, 404);
    identity.agree(&Ctx { now: office.house.now(), ..ben.clone() }, id).await.unwrap();
    assert_eq!(office.status(&session, &format!("/people/{}/dates", office.ben)).await, 200);
    assert_eq!(kind(identity.agree(&ben, id).await), Conflict, "it is done once");
}

#[tokio::test]
async fn a_proposal_runs_out_can_be_declined_and_dies_with_its_proposers_rights() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let (ada, ben) = (office.admin(office.ada), office.admin(office.ben));
    let late = proposed(&office, &ada, office.cleo).await;
    let over = Ctx { now: ben.now.plus_seconds(OPEN_SECONDS), ..ben.clone() };
    assert_eq!(kind(identity.agree(&over, late).await), Conflict);
    let declined = proposed(&office, &ada, office.cleo).await;
    assert_eq!(kind(identity.decline(&ben, declined, "no".into()).await), Invalid, "a reason says something");
    identity.decline(&ben, declined, "she is an auditor".into()).await.unwrap();
    assert_eq!(kind(identity.agree(&ben, declined).await), Conflict);
    let withdrawn = proposed(&office, &ada, office.cleo).await;
    assert_eq!(kind(identity.withdraw(&ben, withdrawn).await), NotAllowed);
    identity.withdraw(&ada, withdrawn).await.unwrap();
    let orphan = proposed(&office, &ada, office.cleo).await;
    identity.take_role(&ben, office.ada, "administrator", None).await.unwrap();
    assert_eq!(kind(identity.agree(&ben, orphan).await), NotAllowed, "who proposed it could no longer do it");
}

#[tokio::test]
async fn erasing_a_person_takes_two_people_and_then_happens_at_once() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let (ada, ben) = (office.admin(office.ada), office.admin(office.ben));
    let dan = hire(&office.house, office.tenant, "dan", &[]).await;
    let direct = vault::Changes::new().and(vault::Change::Erase(dan));
    assert_eq!(kind(identity.vault().commit(&ada, direct).await), NotFound, "the vault itself asks for two");
    let reason = || "asked for it in writing".to_owned();
    let no_id = identity.propose(&ada, ERASE, "somebody".into(), reason()).await;
    assert_eq!(kind(no_id), Invalid);
    let cleo = office.with(office.cleo, &["auditor"]);
    assert_eq!(kind(identity.propose(&cleo, ERASE, dan.to_string(), reason()).await), NotAllowed);
    let id = identity.propose(&ada, ERASE, dan.to_string(), reason()).await.unwrap();
    assert!(identity.account(&ada, dan).await.is_ok());
    identity.agree(&ben, id).await.unwrap();
    assert!(identity.account(&ada, dan).await.is_err());
    assert_eq!(office.house.count(office.tenant, "erase", "subject", "done").await, 1);
}

#[tokio::test]
async fn the_account_of_somebody_who_governs_others_is_not_ended_by_one() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let (ada, ben) = (office.admin(office.ada), office.admin(office.ben));
    let cy = hire(&office.house, office.tenant, "cy", &["administrator"]).await;
    assert_eq!(kind(identity.end_account(&ada, cy).await), NotAllowed);
    let id = identity.propose(&ada, END_GOVERNOR, cy.to_string(), "left the practice".into()).await.unwrap();
    identity.agree(&ben, id).await.unwrap();
    assert!(identity.account(&ada, cy).await.is_err());
    let dan = hire(&office.house, office.tenant, "dan", &["auditor"]).await;
    identity.end_account(&ada, dan).await.unwrap();
}

#[tokio::test]
async fn one_who_agrees_twice_at_the_same_moment_does_it_once() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let id = proposed(&office, &office.admin(office.ada), office.cleo).await;
    let ben = office.admin(office.ben);
    let (one, other) = tokio::join!(identity.agree(&ben, id), identity.agree(&ben, id));
    assert_eq!(u8::from(one.is_ok()) + u8::from(other.is_ok()), 1);
}
