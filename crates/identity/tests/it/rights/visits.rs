use access::Ctx;
use model::RefusalKind::{Conflict, Invalid, NotAllowed};
use model::{SubjectId, TenantId};

use super::{Office, hire, kind};
use crate::house::HOUSE;

const WHY: &str = "a report does not open";

async fn operator(office: &Office) -> (SubjectId, Ctx) {
    let olga = hire(&office.house, HOUSE, "olga", &["house.operator"]).await;
    let ctx = Ctx { tenant: HOUSE, ..office.with(olga, &["house.operator"]) };
    (olga, ctx)
}

#[tokio::test]
async fn an_operator_enters_only_when_the_organisation_let_them_and_for_so_long() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let (_, olga) = operator(&office).await;
    let id = identity.ask_support(&olga, office.tenant, 2, WHY.into()).await.unwrap();
    assert_eq!(kind(identity.enter_visit(&olga, office.tenant, id).await), NotAllowed, "nobody has agreed");
    identity.approve_support(&office.admin(office.ada), id).await.unwrap();
    let visit = identity.enter_visit(&olga, office.tenant, id).await.unwrap();
    assert_eq!(office.status(&visit, "/people").await, 200);
    assert_eq!(office.status(&visit, &format!("/people/{}/bar", office.cleo)).await, 404, "a visitor looks");
    office.house.outside.move_on(2 * 3_600 - 1);
    assert_eq!(office.status(&visit, "/people").await, 200);
    office.house.outside.move_on(1);
    assert_ne!(office.status(&visit, "/people").await, 200, "the time is over");
    let late = Ctx { now: office.house.now(), ..olga };
    assert_eq!(kind(identity.enter_visit(&late, office.tenant, id).await), NotAllowed);
}

#[tokio::test]
async fn the_organisation_ends_a_visit_and_the_house_ends_an_operator_at_once() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let (olga_id, olga) = operator(&office).await;
    let admin = office.admin(office.ada);
    let first = identity.ask_support(&olga, office.tenant, 2, WHY.into()).await.unwrap();
    identity.approve_support(&admin, first).await.unwrap();
    let visit = identity.enter_visit(&olga, office.tenant, first).await.unwrap();
    assert_eq!(office.status(&visit, "/people").await, 200);
    identity.end_support(&admin, first).await.unwrap();
    assert_ne!(office.status(&visit, "/people").await, 200);
    assert_eq!(kind(identity.approve_support(&admin, first).await), Conflict);
    let second = identity.ask_support(&olga, office.tenant, 2, WHY.into()).await.unwrap();
    identity.approve_support(&admin, second).await.unwrap();
    let visit = identity.enter_visit(&olga, office.tenant, second).await.unwrap();
    assert_eq!(office.status(&visit, "/people").await, 200);
    let chief = hire(&office.house, HOUSE, "chief", &["administrator"]).await;
    let chief = Ctx { tenant: HOUSE, ..office.admin(chief) };
    identity.bar(&chief, olga_id, "left the company".into()).await.unwrap();
    assert_ne!(office.status(&visit, "/people").await, 200);
}

#[tokio::test]
async fn a_grant_is_for_one_operator_and_one_organisation() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let (_, olga) = operator(&office).await;
    let pavel = hire(&office.house, HOUSE, "pavel", &["house.operator"]).await;
    let pavel = Ctx { tenant: HOUSE, ..office.with(pavel, &["house.operator"]) };
    let id = identity.ask_support(&olga, office.tenant, 2, WHY.into()).await.unwrap();
    identity.approve_support(&office.admin(office.ada), id).await.unwrap();
    assert_eq!(kind(identity.enter_visit(&pavel, office.tenant, id).await), NotAllowed);
    let other = office.house.tenant("Harbour Lane Dental").await;
    assert_eq!(kind(identity.enter_visit(&olga, other, id).await), NotAllowed);
    let nowhere = TenantId::from_bytes([77; 16]);
    assert_eq!(kind(identity.enter_visit(&olga, nowhere, id).await), NotAllowed);
    assert_eq!(kind(identity.ask_support(&olga, nowhere, 2, WHY.into()).await), Invalid);
    assert_eq!(kind(identity.ask_support(&olga, office.tenant, 25, WHY.into()).await), Invalid);
}

#[tokio::test]
async fn whoever_is_no_operator_asks_nobody_and_whoever_asked_does_not_decide() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    assert_eq!(kind(identity.ask_support(&office.admin(office.ada), office.tenant, 2, WHY.into()).await), NotAllowed);
    let (_, olga) = operator(&office).await;
    let id = identity.ask_support(&olga, office.tenant, 2, WHY.into()).await.unwrap();
    let there = Ctx { tenant: office.tenant, ..olga };
    assert_eq!(kind(identity.approve_support(&there, id).await), NotAllowed);
    assert_eq!(kind(identity.approve_support(&office.with(office.cleo, &["auditor"]), id).await), NotAllowed);
}
