use access::Ctx;
use identity::{EMPOWER, Empowering, HeldRole, MINUTES_MAX};
use model::RefusalKind::{Conflict, Invalid, NotAllowed};

use super::{Office, kind};

const WHY: &str = "nobody else can be reached";

#[tokio::test]
async fn in_an_emergency_one_person_does_what_takes_two_for_some_minutes_and_on_record() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let ada = office.with(office.ada, &["administrator", "emergency-user"]);
    let change = serde_json::to_string(&Empowering { who: office.cleo, held: HeldRole::always("administrator") });
    let change = change.unwrap();
    let id = identity.propose(&ada, EMPOWER, change.clone(), WHY.into()).await.unwrap();
    assert_eq!(kind(identity.do_alone(&ada, id).await), NotAllowed, "not without an emergency");
    let role = "emergency-administration";
    identity.break_glass(&ada, role, 10, WHY.into()).await.unwrap();
    let late = Ctx { now: ada.now.plus_seconds(600), ..ada.clone() };
    assert_eq!(kind(identity.do_alone(&late, id).await), NotAllowed, "not after its last minute");
    let ben = office.admin(office.ben);
    assert_eq!(kind(identity.do_alone(&ben, id).await), NotAllowed, "not in somebody else's");
    identity.do_alone(&ada, id).await.unwrap();
    let emergencies = identity.emergencies(&ada).await.unwrap();
    assert_eq!(emergencies.len(), 1);
    assert!(emergencies[0].1.is_overdue(ada.now.plus_seconds(24 * 3_600)));
}

#[tokio::test]
async fn an_emergency_is_looked_at_by_somebody_else_once() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let ada = office.with(office.ada, &["administrator", "emergency-user"]);
    let ben = office.admin(office.ben);
    let id = identity.break_glass(&ada, "emergency-administration", 10, WHY.into()).await.unwrap();
    assert_eq!(kind(identity.review_emergency(&ada, id, true, WHY.into()).await), NotAllowed);
    identity.review_emergency(&ben, id, false, "she could have called".into()).await.unwrap();
    assert_eq!(kind(identity.review_emergency(&ben, id, true, WHY.into()).await), Conflict);
    assert!(!identity.emergencies(&ben).await.unwrap()[0].1.is_overdue(ben.now.plus_seconds(90_000)));
}

#[tokio::test]
async fn an_emergency_is_short_has_a_reason_and_gives_only_what_is_for_emergencies() {
    let office = Office::new().await;
    let identity = &office.house.identity;
    let ada = office.with(office.ada, &["emergency-user"]);
    let role = "emergency-administration";
    for (role, minutes, why) in [
        ("administrator", 10, WHY),
        ("duty.door", 10, WHY),
        (role, MINUTES_MAX + 1, WHY),
        (role, 0, WHY),
        (role, 10, "x"),
    ] {
        assert_eq!(kind(identity.break_glass(&ada, role, minutes, why.into()).await), Invalid, "{role} {minutes}");
    }
    let cleo = office.with(office.cleo, &["auditor"]);
    assert_eq!(kind(identity.break_glass(&cleo, role, 10, WHY.into()).await), NotAllowed);
}
