//! The public pages, served as they will be.

use crate::bundles::prove;
use crate::fake::Broken;
use crate::setting::Clock;
use access::Ctx;
use model::{Answer, Outside, Refusal};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use trust::house::{Call, Https, Wire};
use web::{Doorkeeper, Guest, Knock, Limits, Listen, Options, RouteDecl, Running, not_signed_in, serve};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Knows nobody.
struct Nobody;

impl Doorkeeper for Nobody {
    fn recognise<'a>(&'a self, _: &'a Knock) -> Boxed<'a, Answer<Option<Guest>>> {
        Box::pin(async { Ok(None) })
    }

    fn permits(&self, _: &Ctx, _: &'static str) -> bool {
        false
    }

    fn denied<'a>(&'a self, _: &'a Knock, _: &'a RouteDecl, _: Option<&'a Ctx>) -> Boxed<'a, Answer<Refusal>> {
        Box::pin(async { Ok(not_signed_in()) })
    }

    fn refused<'a>(&'a self, _: &'a Ctx) -> Boxed<'a, Answer<()>> {
        Box::pin(async { Ok(()) })
    }
}

pub struct Listening {
    pub address: SocketAddr,
    pub certificate: String,
    _running: Running,
}

/// The trust centre over what a runner publishes, behind real TLS.
pub async fn listen(published: &Path, outside: Arc<dyn Outside>) -> Listening {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into(), "127.0.0.1".into()]).unwrap();
    let site = trust::site(trust::State::new(published));
    let router = site.into_router(Arc::new(Nobody), Options::new(outside, [7; 32])).unwrap();
    let listen = Listen {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        certificate_pem: made.cert.pem().into_bytes(),
        key_pem: made.signing_key.serialize_pem().into_bytes(),
        limits: Limits::default(),
    };
    let running = serve(listen, router).await.unwrap();
    Listening { address: running.address, certificate: made.cert.pem(), _running: running }
}

#[tokio::test]
async fn anybody_can_read_what_was_proved() {
    let proved = prove(Broken::AWeakVerifier).await;
    let listening = listen(&proved.published(), proved.clock.clone()).await;
    let wire = Https::new(&format!("https://{}", listening.address), listening.certificate.as_bytes()).unwrap();
    let get = async |path: &str| wire.call(Call::get(path)).await.unwrap();

    let page = get("/trust").await;
    assert_eq!(page.status, 200);
    let all = trust::claims::ALL.len();
    let (entries, holding) = (format!("{all} entries"), (all - 1).to_string());
    for words in ["running check", "A password alone opens nothing", "Download evidence", &holding, "Failed", &entries]
    {
        assert!(page.text().contains(words), "{words}");
    }
    assert!(page.header("set-cookie").is_none(), "a public page sets no cookie");

    for claim in trust::claims::ALL {
        let page = get(&format!("/trust/claims/{}", claim.id)).await;
        assert_eq!(page.status, 200, "{}", claim.id);
        assert!(page.text().contains("Can this check fail?"), "{}", claim.id);
        let results = get(&format!("/trust/results/{}.json", claim.id)).await.json().unwrap();
        assert_eq!(results["claim"], claim.id);
    }
    let list = get("/trust/claims.json").await.json().unwrap();
    let rows = list["claims"].as_array().unwrap();
    assert_eq!(rows.len(), trust::claims::ALL.len());
    for row in rows {
        for field in
            ["id", "words", "rows", "verdict", "checked_at", "valid_until", "population", "group", "how", "proof"]
        {
            assert!(!row[field].is_null(), "{field} of {}", row["id"]);
        }
    }
    let failed = rows.iter().find(|row| row["id"] == "passwords").unwrap();
    assert_eq!(failed["verdict"], "failed");

    let bundle = get("/trust/bundle").await;
    assert!(trust::bundle::verify(&bundle.body, proved.clock.now(), None).is_ok());
    for path in [
        "/trust/log/checkpoint",
        "/trust/log/tile/0/000.p/12",
        "/trust/log/tile/entries/000.p/12",
        "/trust/keys.json",
        "/trust/how",
    ] {
        assert_eq!(get(path).await.status, 200, "{path}");
    }
    for path in [
        "/trust/claims/none",
        "/trust/results/none.json",
        "/trust/log/state.json",
        "/trust/log/tile%2f..%2f..%2fkeys.json",
        "/trust/log/tile/0/0",
        "/trust/results/..%2f..%2frunner%2flog.key.json",
    ] {
        assert_eq!(get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn before_the_first_check_each_claim_lacks_evidence() {
    let dir = tempfile::tempdir().unwrap();
    let listening = listen(dir.path(), Clock::new()).await;
    let wire = Https::new(&format!("https://{}", listening.address), listening.certificate.as_bytes()).unwrap();
    let list = wire.call(Call::get("/trust/claims.json")).await.unwrap().json().unwrap();
    assert!(list["claims"].as_array().unwrap().iter().all(|row| row["verdict"] == "evidence missing"));
    let page = wire.call(Call::get("/trust")).await.unwrap();
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Not checked yet"));
    assert_eq!(wire.call(Call::get("/trust/bundle")).await.unwrap().status, 404);
}

#[tokio::test]
async fn what_was_proved_long_ago_is_shown_as_stale() {
    let proved = prove(Broken::Nothing).await;
    struct Later(Arc<Clock>);
    impl Outside for Later {
        fn now(&self) -> model::Time {
            self.0.now().plus_seconds(30 * 24 * 3600)
        }
        fn fill(&self, bytes: &mut [u8]) {
            self.0.fill(bytes);
        }
    }
    let listening = listen(&proved.published(), Arc::new(Later(proved.clock.clone()))).await;
    let wire = Https::new(&format!("https://{}", listening.address), listening.certificate.as_bytes()).unwrap();
    let list = wire.call(Call::get("/trust/claims.json")).await.unwrap().json().unwrap();
    assert!(list["claims"].as_array().unwrap().iter().all(|row| row["verdict"] == "stale"));
}
