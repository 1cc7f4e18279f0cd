use identity::{Policy, Session, Swept, Ticket};
use model::{Kind, KindDecl};
use vault::Query;

use crate::house::{House, REQUEST, Somebody};

async fn stored(house: &House, who: &Somebody, kind: &'static KindDecl) -> usize {
    let duty = house.identity.duty("duty.door", who.tenant, REQUEST, house.now());
    house.identity.vault().search(&duty, &Query::all(kind)).await.unwrap().total
}

#[tokio::test]
async fn what_is_over_is_deleted_and_what_is_not_stays() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let sweep = async || house.identity.sweep(ada.tenant, REQUEST, house.now()).await.unwrap();
    let idle = house.sign_in(&ada.email).await;
    house.ticket(&ada.email).await;
    assert_eq!(sweep().await, Swept::default());
    house.outside.move_on(Policy::USUAL.session_idle_seconds_max - 100);
    let busy = house.sign_in(&ada.email).await;
    let ticket = house.ticket(&ada.email).await;
    house.outside.move_on(100);
    assert_eq!(sweep().await, Swept { sessions: 1, tickets: 1, ..Swept::default() });
    assert!(!house.knows(&idle).await);
    assert!(house.knows(&busy).await);
    house.second(&ticket, &house.code()).await.unwrap();
    assert_eq!(stored(&house, &ada, Session::DECL).await, 2);
    assert_eq!(house.count(ada.tenant, "retire", "identity.session", "done").await, 1);
}

#[tokio::test]
async fn swept_once_a_day_nothing_is_left_a_day_after_its_end() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let figures = async || house.identity.figures(REQUEST, house.now()).await.unwrap();
    for _ in 0..3 {
        house.sign_in(&ada.email).await;
        house.ticket(&ada.email).await;
    }
    house.outside.move_on(24 * 60 * 60 + Policy::USUAL.session_idle_seconds_max);
    let before = figures().await;
    assert_eq!((before.sessions, before.sessions_overdue), (0, 3), "without sweeping they stay");
    assert_eq!(house.identity.sweep(ada.tenant, REQUEST, house.now()).await.unwrap().sessions, 3);
    assert_eq!(figures().await.sessions_overdue, 0);
    assert_eq!((stored(&house, &ada, Session::DECL).await, stored(&house, &ada, Ticket::DECL).await), (0, 0));
    // Sweeping again finds nothing, and touches no other organisation.
    assert_eq!(house.identity.sweep(ada.tenant, REQUEST, house.now()).await.unwrap(), Swept::default());
}

#[tokio::test]
async fn more_than_one_page_is_swept() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let door = house.identity.duty("duty.door", ada.tenant, REQUEST, house.now());
    let tickets = (0..230u8).fold(vault::Changes::new(), |changes, n| {
        let ticket = Ticket { account: ada.id, wrong: 0, enrolling: None, shown: Vec::new(), ends: house.now() };
        changes.create(model::RecordId::from_bytes([n; 16]), &ticket).unwrap()
    });
    house.identity.vault().commit(&door, tickets).await.unwrap();
    assert_eq!(house.identity.sweep(ada.tenant, REQUEST, house.now()).await.unwrap().tickets, 230);
}
