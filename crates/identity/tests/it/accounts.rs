use identity::{Account, SignInName};
use model::{Kind, RecordId, RefusalKind};
use vault::{Change, Changes, Expected};

use crate::house::{HOUSE, House, PASSWORD, REQUEST, SECRET, Somebody, address, new, refused};

/// Changes a stored account as the door may.
pub async fn revise(house: &House, who: &Somebody, change: impl FnOnce(&mut Account)) {
    let door = house.identity.duty("duty.door", who.tenant, REQUEST, house.now());
    let id = RecordId::of_subject(who.id);
    let (mut account, opened) = house.identity.vault().read_as::<Account>(&door, id).await.unwrap();
    change(&mut account);
    let changes = Changes::new().revise(id, &account, Expected::Version(opened.version)).unwrap();
    house.identity.vault().commit(&door, changes).await.unwrap();
}

/// Takes an account away as an administrator in person may.
pub async fn retire(house: &House, who: &Somebody) {
    let mut ctx = house.identity.duty("duty.door", who.tenant, REQUEST, house.now());
    let held = [("administrator", access::Window::ALWAYS, access::Scope::Tenant)];
    ctx.grants = house.identity.vault().registry().grants(held);
    ctx.assurance = access::Assurance::TwoFactors;
    let change = Change::Retire(Account::DECL, RecordId::of_subject(who.id), Expected::Any);
    house.identity.vault().commit(&ctx, Changes::new().and(change)).await.unwrap();
}

#[tokio::test]
async fn an_address_has_one_account_in_the_whole_house() {
    let house = House::new().await;
    house.somebody("ada@example.org").await;
    let other = house.tenant("Hilltop").await;
    for email in ["ada@example.org", " ADA@Example.ORG "] {
        let refusal = refused(house.identity.create_account(other, new(email, None), REQUEST, house.now()).await);
        assert_eq!((refusal.kind, refusal.problems[0].path.as_str()), (RefusalKind::Conflict, "email"));
        assert!(refusal.recorded);
    }
    assert_eq!(house.identity.figures(REQUEST, house.now()).await.unwrap().accounts, 1);
    house.ticket(&address("Ada@example.org")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_want_an_address_at_once_one_gets_it() {
    let house = std::sync::Arc::new(House::new().await);
    let tenants = [house.tenant("A").await, house.tenant("B").await, house.tenant("C").await];
    let tries: Vec<_> = tenants
        .into_iter()
        .map(|tenant| {
            let house = house.clone();
            let wanted = new("ada@example.org", Some(SECRET));
            tokio::spawn(
                async move { house.identity.create_account(tenant, wanted, REQUEST, house.now()).await.is_ok() },
            )
        })
        .collect();
    let mut made = 0;
    for one in tries {
        made += u32::from(one.await.unwrap());
    }
    assert_eq!(made, 1);
    assert_eq!(house.identity.figures(REQUEST, house.now()).await.unwrap().accounts, 1);
}

#[tokio::test]
async fn an_account_that_cannot_be_made_gives_its_address_back() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    // The name is free in the house, but the organisation has an account with the address: as after a repair by hand.
    let door = house.identity.duty("duty.door", HOUSE, REQUEST, house.now());
    let name = house.identity.vault().digest_id(HOUSE, "sign-in-name", "ada@example.org").await.unwrap();
    let free = || Changes::new().and(Change::Retire(SignInName::DECL, name, Expected::Any));
    house.identity.vault().commit(&door, free()).await.unwrap();
    let again = house.identity.create_account(ada.tenant, new("ada@example.org", None), REQUEST, house.now()).await;
    assert_eq!(refused(again).kind, RefusalKind::Conflict);
    assert!(house.identity.vault().recognise(&door, SignInName::DECL, name).await.unwrap().is_none());
}

#[tokio::test]
async fn a_name_whose_account_was_never_made_is_free_after_a_while() {
    let house = House::new().await;
    let tenant = house.tenant("Brightwater").await;
    let door = house.identity.duty("duty.door", HOUSE, REQUEST, house.now());
    let name = house.identity.vault().digest_id(HOUSE, "sign-in-name", "ada@example.org").await.unwrap();
    // As after a crash between the name and the account.
    let left = SignInName { tenant, account: model::SubjectId::from_bytes([8; 16]) };
    house.identity.vault().commit(&door, Changes::new().create(name, &left).unwrap()).await.unwrap();
    let make = async || {
        house.identity.create_account(tenant, new("ada@example.org", Some(SECRET)), REQUEST, house.now()).await
    };
    house.outside.move_on(599);
    assert_eq!(refused(make().await).kind, RefusalKind::Conflict, "its account may be on its way");
    house.outside.move_on(1);
    make().await.unwrap();
    house.sign_in(&address("ada@example.org")).await;
    house.outside.move_on(100_000);
    let elsewhere = house.tenant("Hilltop").await;
    let late = new("ada@example.org", Some(SECRET));
    let late = house.identity.create_account(elsewhere, late, REQUEST, house.now()).await;
    assert_eq!(refused(late).kind, RefusalKind::Conflict, "now it has one");
}

#[tokio::test]
async fn a_password_is_stored_as_an_argon2id_verifier_with_a_salt_of_its_own() {
    let house = House::new().await;
    for n in 0..3 {
        house.somebody(&format!("person{n}@example.org")).await;
    }
    let figures = house.identity.figures(REQUEST, house.now()).await.unwrap();
    assert_eq!((figures.verifiers, figures.verifiers_at_policy, figures.distinct_salts), (3, 3, 3));
    assert_eq!((figures.accounts, figures.accounts_with_second_factor, figures.organisations), (3, 3, 4));
    let ada = house.somebody("ada@example.org").await;
    let door = house.identity.duty("duty.door", ada.tenant, REQUEST, house.now());
    let (account, _) = house.identity.vault().read_as::<Account>(&door, RecordId::of_subject(ada.id)).await.unwrap();
    let verifier = account.verifier.unwrap();
    assert!(verifier.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{verifier}");
    assert!(!verifier.contains(PASSWORD));
}

#[tokio::test]
async fn the_evidence_of_the_door_names_no_address_and_no_secret() {
    let house = House::new().await;
    let ada = house.somebody("ada.canary@example.org").await;
    house.sign_in(&ada.email).await;
    refused(house.password(&ada.email, "wrong-canary").await);
    refused(house.password(&address("nobody.canary@example.org"), "wrong-canary").await);
    for tenant in [HOUSE, ada.tenant] {
        for entry in house.log(tenant).await {
            let text = entry.to_string().to_lowercase();
            assert!(!text.contains("canary") && !text.contains(&SECRET.to_lowercase()), "{text}");
        }
    }
}
