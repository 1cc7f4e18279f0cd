use model::RefusalKind;

use crate::house::{Heard, House, PASSWORD, REQUEST, SET_UP_TOKEN, address};

async fn open(house: &House) -> Heard {
    house.see(&format!("/set-up?token={SET_UP_TOKEN}"), "").await
}

async fn send(house: &House, opened: &Heard, email: &str, token: &str) -> Heard {
    let fields = [
        ("form-token", opened.field("form-token")),
        ("set-up", token.to_owned()),
        ("organisation", "Brightwater Dental".to_owned()),
        ("name", "Ada Mensah".to_owned()),
        ("email", email.to_owned()),
        ("password", PASSWORD.to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    house.send("/set-up", &opened.cookie(), &fields).await
}

#[tokio::test]
async fn the_first_administrator_is_made_once() {
    let house = House::new().await;
    assert!(!house.identity.is_founded(REQUEST, house.now()).await.unwrap());
    let opened = open(&house).await;
    assert_eq!(opened.status, 200);
    let made = send(&house, &opened, "ada@example.org", SET_UP_TOKEN).await;
    assert_eq!((made.status, made.header("location")), (303, "/sign-in"), "{}", made.body);
    assert!(house.identity.is_founded(REQUEST, house.now()).await.unwrap());
    // Neither the page nor a form that was opened before does it again.
    assert_eq!(open(&house).await.status, 404);
    assert_eq!(send(&house, &opened, "eve@example.org", SET_UP_TOKEN).await.status, 404);
    let figures = house.identity.figures(REQUEST, house.now()).await.unwrap();
    assert_eq!((figures.organisations, figures.accounts), (2, 1));
    assert!(matches!(
        house.password(&address("ada@example.org"), PASSWORD).await.unwrap(),
        identity::Step::Enrol { .. }
    ));
}

#[tokio::test]
async fn set_up_needs_its_token_and_a_form_of_ours() {
    let house = House::new().await;
    for path in ["/set-up", "/set-up?token=", "/set-up?token=wrong", "/set-up?token=the-token-of-the-set-up-fil"] {
        assert_eq!(house.see(path, "").await.status, 404, "{path}");
    }
    let opened = open(&house).await;
    assert_eq!(send(&house, &opened, "ada@example.org", "wrong").await.status, 404);
    let forged =
        Heard { body: r#"name="form-token" value="AAAA""#.into(), headers: opened.headers.clone(), status: 200 };
    assert_eq!(send(&house, &forged, "ada@example.org", SET_UP_TOKEN).await.status, 422);
    assert_eq!(house.identity.figures(REQUEST, house.now()).await.unwrap().accounts, 0);
}

#[tokio::test]
async fn a_weak_password_or_a_bad_address_is_said_beside_its_field() {
    let house = House::new().await;
    let opened = open(&house).await;
    let token = opened.field("form-token");
    let send = async |email: &str, password: &str| {
        let fields = [
            ("form-token", token.as_str()),
            ("set-up", SET_UP_TOKEN),
            ("organisation", "B"),
            ("name", "A"),
            ("email", email),
            ("password", password),
        ];
        house.send("/set-up", &opened.cookie(), &fields).await
    };
    let weak = send("ada@example.org", "password123!").await;
    assert_eq!(weak.status, 422);
    assert!(weak.body.contains("among the first that anybody would try") && !weak.body.contains("password123!"));
    assert!(weak.body.contains("ada@example.org"), "what was right is not lost");
    assert!(send("not an address", PASSWORD).await.body.contains("name@example.org"));
    assert_eq!(house.identity.figures(REQUEST, house.now()).await.unwrap().accounts, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_set_ups_at_once_one_wins_and_the_other_can_sign_in_nowhere() {
    let house = std::sync::Arc::new(House::new().await);
    let mut tries = Vec::new();
    for n in 0..3 {
        let house = house.clone();
        tries.push(tokio::spawn(async move {
            let opened = open(&house).await;
            (
                n,
                if opened.status == 200 {
                    send(&house, &opened, &format!("p{n}@example.org"), SET_UP_TOKEN).await.status
                } else {
                    404
                },
            )
        }));
    }
    let mut won = Vec::new();
    for one in tries {
        let (n, status) = one.await.unwrap();
        match status {
            303 => won.push(n),
            other => assert_eq!(other, 404),
        }
    }
    assert_eq!(won.len(), 1);
    for n in 0..3 {
        let answer = house.password(&address(&format!("p{n}@example.org")), PASSWORD).await;
        match answer {
            Ok(_) => assert_eq!(won, [n]),
            no => assert_eq!(crate::house::refused(no).kind, RefusalKind::NotSignedIn),
        }
    }
}
