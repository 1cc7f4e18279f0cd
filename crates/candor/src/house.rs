use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use identity::post::{Outbox, Post};
use identity::{Identity, Letters};
use model::{Fault, No, Outside};
use seal::Protection;
use seal::password::{Hasher, Policy};
use storage::Engine;
use storage::engines::{Sqlite, SqliteOptions};
use tokio::task::JoinHandle;
use vault::Vault;
use watch::Watch;
use web::{Doorkeeper, Listen, Options, Running};

use crate::edge::{self, Beside, Edge};
use crate::ground::{Ground, Name};
use crate::parts::{self, Needed};
use crate::{guard, keys, tls};

/// How often evidence is gathered into the tree.
const GATHER_EVERY: Duration = Duration::from_millis(500);

/// How often sessions that are over are swept up; the promise is that they are gone 24 hours after their end.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// What a house is opened with.
pub struct Plan {
    /// Its data directory.
    pub data: PathBuf,
    /// Its environment; keys of one do not open another's records.
    pub environment: String,
    /// How the root key is protected.
    pub protection: Protection,
    /// Whether everything in it is made up, which every page then says.
    pub synthetic: bool,
    /// Time and randomness.
    pub outside: Arc<dyn Outside>,
    /// What becomes of letters.
    pub mail: MailPlan,
    /// Password hashes at a time; each holds its memory for good.
    pub hash_threads: usize,
}

/// What becomes of letters.
pub enum MailPlan {
    /// There is no way to send any; whatever needs one says so.
    Nowhere,
    /// They are kept in the house and can be read there: for a demo.
    Outbox,
    /// They are carried by this, with links that begin with the house's public address.
    By(Arc<dyn Post>, String),
}

/// A house with its doors still closed.
pub struct House {
    /// Its name.
    pub name: Name,
    /// Its data directory.
    pub ground: Ground,
    /// Records.
    pub vault: Arc<Vault>,
    /// Who is who.
    pub identity: Arc<Identity>,
    /// Opens first set-up, if nobody can sign in yet.
    pub set_up_token: Option<Arc<str>>,
    /// The rules at the door; those of the house, unless others are put here before it opens.
    pub rules: Option<shield::Inspector>,
    /// How it meets whoever comes to it.
    pub edge: Edge,
    engine: Arc<dyn Engine>,
    outside: Arc<dyn Outside>,
    form_key: [u8; 32],
    synthetic: bool,
    mail: MailPlan,
}

/// A house that answers.
pub struct Open {
    /// Where it answers.
    pub address: SocketAddr,
    /// The house.
    pub house: House,
    /// Who watches the door.
    pub watch: Arc<Watch>,
    running: Running,
    beside: Beside,
    gathering: JoinHandle<()>,
    sweeping: JoinHandle<()>,
    watching: JoinHandle<()>,
}

impl House {
    /// Opens a house over SQLite files in its data directory.
    pub async fn open(plan: Plan) -> Result<Self, Fault> {
        let ground = Ground::take(&plan.data)?;
        let engine = Sqlite::open(ground.root(), SqliteOptions::default());
        let engine = engine.map_err(|error| Fault::new("opening the storage", error))?;
        Self::over(plan, ground, Arc::new(engine)).await
    }

    /// Opens a house over any engine. For tests that put a broken one in its place.
    pub async fn over_engine(plan: Plan, engine: Arc<dyn Engine>) -> Result<Self, Fault> {
        let ground = Ground::take(&plan.data)?;
        Self::over(plan, ground, engine).await
    }

    async fn over(plan: Plan, ground: Ground, engine: Arc<dyn Engine>) -> Result<Self, Fault> {
        let name = ground.name(plan.outside.as_ref())?;
        let keys = keys::open(&ground, &plan.environment, &name.deployment, &plan.protection, plan.outside.as_ref())?;
        let registry = parts::registry().map_err(|error| Fault::new("joining the permissions", error))?;
        let vault = Vault::open(vault::Parts {
            engine: Arc::clone(&engine),
            environment: keys.environment,
            outside: Arc::clone(&plan.outside),
            registry: Arc::new(registry),
            kinds: parts::kinds(),
            log_key: keys.log_key,
        })?;
        let hasher = Hasher::new(Policy::default(), plan.hash_threads);
        let hasher = hasher.map_err(|error| Fault::new("preparing to hash passwords", error))?;
        let vault = Arc::new(vault);
        let identity = Identity::new(Arc::clone(&vault), Arc::new(hasher), name.house);
        identity.found("The house", plan.outside.now()).await?;
        let house = Self {
            name,
            ground,
            vault,
            identity: Arc::new(identity),
            set_up_token: None,
            rules: None,
            edge: Edge::default(),
            engine,
            outside: plan.outside,
            form_key: keys.form_key,
            synthetic: plan.synthetic,
            mail: plan.mail,
        };
        Ok(house)
    }

    /// Time and randomness.
    pub fn outside(&self) -> &Arc<dyn Outside> {
        &self.outside
    }

    /// Opens the doors. `certificate` is none for one of the house's own making.
    pub async fn serve(self, address: SocketAddr, certificate: Option<tls::Certificate>) -> Result<Open, Fault> {
        let identity = Arc::clone(&self.identity);
        self.serve_by(address, certificate, identity).await
    }

    /// Opens the doors under any doorkeeper. For tests that put a careless one there.
    pub async fn serve_by(
        mut self,
        address: SocketAddr,
        certificate: Option<tls::Certificate>,
        doorkeeper: Arc<dyn Doorkeeper>,
    ) -> Result<Open, Fault> {
        let certificate = match certificate {
            Some(certificate) => certificate,
            None => edge::first(&self.edge, &self.ground, self.outside.as_ref())?,
        };
        let rules = self.rules.take().map_or_else(|| guard::Configuration::default().load(), Ok)?;
        let watch = Arc::new(Watch::new(Arc::clone(&self.vault), self.name.house, rules));
        // ORDER: what was decided before holds from the first request on.
        watch.reload().await?;
        let site = parts::site(Needed {
            watch: Arc::clone(&watch),
            vault: Arc::clone(&self.vault),
            identity: Arc::clone(&self.identity),
            trust: self.ground.at("trust"),
            set_up_token: self.set_up_token.clone(),
            security_contact: self.edge.security_contact.as_deref().map(Arc::from),
            letters: match self.mail {
                MailPlan::Outbox => Letters::Kept,
                MailPlan::Nowhere | MailPlan::By(..) => Letters::Sent,
            },
        });
        let mut options = Options::new(Arc::clone(&self.outside), self.form_key);
        options.synthetic = self.synthetic;
        options.guard = Arc::clone(&watch) as Arc<dyn web::Guard>;
        options.budgets = self.edge.budgets;
        options.origins = Arc::new(self.edge.origins.clone());
        let router = site.into_router(doorkeeper, options);
        let router = router.map_err(|error| Fault::new("joining the routes", error))?;
        let limits = self.edge.limits.clone();
        let listen = Listen { address, certificate_pem: certificate.chain, key_pem: certificate.key, limits };
        let running = web::serve(listen, router).await.map_err(|error| Fault::new("opening the door", error))?;
        let certificates = Arc::clone(running.certificates());
        let beside = Beside::begin(&self.edge, certificates, running.address, Arc::clone(&self.outside)).await?;
        self.identity.answer_at(&self.known_as(running.address));
        match &self.mail {
            MailPlan::Nowhere => {}
            MailPlan::Outbox => {
                let outbox = Arc::new(Outbox::new(Arc::clone(&self.vault)));
                self.identity.deliver_by(&format!("https://{}", running.address), outbox);
            }
            MailPlan::By(post, address) => self.identity.deliver_by(address, Arc::clone(post)),
        }
        let gathering = tokio::spawn(gather(Arc::clone(&self.vault)));
        let sweeping = tokio::spawn(sweep(Arc::clone(&self.identity), Arc::clone(&self.outside)));
        let watching = tokio::spawn(guard::keep_watch(Arc::clone(&watch), Arc::clone(&self.outside)));
        Ok(Open { address: running.address, house: self, watch, running, beside, gathering, sweeping, watching })
    }

    /// The address under which people know the house: what letters say, or this machine's own name for itself.
    fn known_as(&self, listening: SocketAddr) -> String {
        match &self.mail {
            MailPlan::By(_, address) => address.clone(),
            // A passkey is bound to a name, and a bare address has none.
            _ if listening.ip().is_loopback() => format!("https://localhost:{}", listening.port()),
            _ => format!("https://{listening}"),
        }
    }

    /// Closes the storage without having served.
    pub async fn close(self) -> Result<(), Fault> {
        self.engine.shut().await.map_err(|error| Fault::new("closing the storage", error))
    }
}

impl Open {
    /// Where plain HTTP is redirected from, if it is.
    pub fn redirects_from(&self) -> Option<SocketAddr> {
        self.beside.redirects_from()
    }

    /// Lets open requests finish, signs the last evidence and closes the storage.
    pub async fn stop(self) -> Result<(), Fault> {
        let stopped = self.running.stop(Duration::from_secs(5)).await;
        self.gathering.abort();
        self.sweeping.abort();
        self.watching.abort();
        if let Err(fault) = self.watch.flush(true).await {
            log(&fault);
        }
        gather_once(&self.house.vault).await;
        self.house.close().await?;
        stopped.map_err(|error| Fault::new("closing the door", error))
    }
}

async fn gather(vault: Arc<Vault>) {
    loop {
        tokio::time::sleep(GATHER_EVERY).await;
        gather_once(&vault).await;
    }
}

async fn gather_once(vault: &Vault) {
    match vault.tenants().await {
        Ok(tenants) => {
            for tenant in tenants {
                if let Err(fault) = vault.gather(tenant).await {
                    log(&fault);
                }
            }
        }
        Err(fault) => log(&fault),
    }
}

async fn sweep(identity: Arc<Identity>, outside: Arc<dyn Outside>) {
    loop {
        match identity.vault().tenants().await {
            Ok(tenants) => {
                for tenant in tenants {
                    match identity.sweep(tenant, outside.request_id(), outside.now()).await {
                        Ok(_) => {}
                        Err(No::Fault(fault)) => log(&fault),
                        Err(No::Refusal(refusal)) => log(&Fault::new("sweeping up sessions", refusal)),
                    }
                }
            }
            Err(fault) => log(&fault),
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

fn log(fault: &Fault) {
    tracing::error!(doing = %fault.doing, cause = %fault.cause, "fault");
}
