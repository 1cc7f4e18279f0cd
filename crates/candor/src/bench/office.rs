use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use access::{Actor, Assurance, Ctx, Scope, Window};
use ledger::SigningKey;
use model::{ActorId, Fault, KindDecl, Outside as _, Purpose, RecordId, SubjectId, TenantId, Term};
use practice::fhir::{Resource, Type, search};
use practice::synthetic::{self, Sizes};
use seal::{Environment, KeyFile, Protection};
use storage::Engine;
use vault::{Change, Changes, Draft, Expected, Vault};

use super::{failed, unexpected};
use crate::{Machine, parts};

/// How many write at a time.
pub(super) const WRITERS: usize = 64;
/// Commits of one writer about one patient: a practice writes far more notes than it takes on patients.
const TURNS: usize = 16;
const LAST: usize = TURNS - 1;
/// As often as a house does.
const GATHER_EVERY: Duration = Duration::from_millis(500);

/// A vault of the house's own kinds and permissions over one engine, with somebody who may write.
pub(super) struct Office {
    /// The vault.
    pub vault: Vault,
    /// The engine below it.
    pub engine: Arc<dyn Engine>,
    /// The organisation.
    pub tenant: TenantId,
    who: Ctx,
    papers: Arc<Papers>,
}

/// What is written: the texts of invented people and of documents about them, with their search terms.
pub(super) struct Papers {
    patient: &'static KindDecl,
    document: &'static KindDecl,
    patients: Vec<Paper>,
    documents: Vec<Paper>,
}

struct Paper {
    body: Vec<u8>,
    terms: Vec<Term>,
}

impl Papers {
    /// The demo's own generator, seeded.
    pub fn invent() -> Result<Arc<Self>, Fault> {
        let sizes = Sizes { patients: 240, practitioners: 4, documents_max: 3 };
        let mut papers = Self {
            patient: kind(Type::Patient)?,
            document: kind(Type::DocumentReference)?,
            patients: Vec::new(),
            documents: Vec::new(),
        };
        for made in synthetic::practice(7, Machine.now(), sizes) {
            let resource = Resource::kept(&made.text).map_err(|refusal| failed(refusal.words))?;
            let paper = Paper { terms: search::terms(&resource), body: made.text.into_bytes() };
            match made.of {
                Type::Patient => papers.patients.push(paper),
                Type::DocumentReference => papers.documents.push(paper),
                Type::Practitioner | Type::Binary => {}
            }
        }
        Ok(Arc::new(papers))
    }

    /// One of [`TURNS`]: a new patient, documents about them, and at last a correction to the patient.
    fn turn(&self, number: usize, patient: RecordId) -> Result<Change, Fault> {
        Ok(match number % TURNS {
            0 => Change::Create(self.patient(number, patient)?),
            LAST => Change::Revise(self.patient(number + 1, patient)?, Expected::Any),
            _ => Change::Create(self.document(number, SubjectId::of_record(patient))?),
        })
    }

    fn patient(&self, number: usize, id: RecordId) -> Result<Draft, Fault> {
        let paper = nth(&self.patients, number)?;
        Ok(Draft::document(self.patient, id, None, paper.body.clone(), paper.terms.clone()))
    }

    fn document(&self, number: usize, about: SubjectId) -> Result<Draft, Fault> {
        let paper = nth(&self.documents, number)?;
        let id = Machine.record_id();
        Ok(Draft::document(self.document, id, Some(about), paper.body.clone(), paper.terms.clone()))
    }
}

fn nth(papers: &[Paper], number: usize) -> Result<&Paper, Fault> {
    papers.get(number % papers.len().max(1)).ok_or_else(|| failed("nothing was invented"))
}

fn kind(of: Type) -> Result<&'static KindDecl, Fault> {
    let found = parts::kinds().into_iter().find(|decl| decl.name == of.kind_name());
    found.ok_or_else(|| failed(format!("no kind holds a {of}")))
}

impl Office {
    /// Opens it; `keys` is an existing directory of its own.
    pub async fn open(engine: Arc<dyn Engine>, keys: &Path, papers: &Arc<Papers>) -> Result<Self, Fault> {
        let root = KeyFile::create(&keys.join("root.key"), &Protection::Owner, &Machine).map_err(failed)?;
        let (environment, _) = Environment::create(Arc::new(root), "bench", &Machine).map_err(failed)?;
        let registry = Arc::new(parts::registry().map_err(failed)?);
        let mut seed = [0; 32];
        model::Outside::fill(&Machine, &mut seed);
        let vault = Vault::open(vault::Parts {
            engine: Arc::clone(&engine),
            environment,
            outside: Arc::new(Machine),
            registry: Arc::clone(&registry),
            kinds: parts::kinds(),
            log_key: SigningKey::from_seed("bench/evidence", &seed).map_err(failed)?,
        })?;
        let tenant = Machine.tenant_id();
        vault.create_tenant(tenant).await?;
        let who = Ctx {
            tenant,
            actor: Actor::Person(ActorId::from_uuid(Machine.uuid())),
            grants: registry.grants([("principal-dentist", Window::ALWAYS, Scope::Tenant)]),
            assurance: Assurance::TwoFactors,
            purpose: Purpose::DirectCare,
            session: Some(Machine.session_id()),
            request: Machine.request_id(),
            now: Machine.now(),
        };
        Ok(Self { vault, engine, tenant, who, papers: Arc::clone(papers) })
    }

    /// A new request of the same person.
    fn ctx(&self) -> Ctx {
        Ctx { request: Machine.request_id(), now: Machine.now(), ..self.who.clone() }
    }

    /// So many commits by [`WRITERS`] writers at a time, while evidence is gathered as in a house. Commits per second.
    pub async fn write(self: &Arc<Self>, commits: usize) -> Result<f64, Fault> {
        let gathering = tokio::spawn({
            let office = Arc::clone(self);
            async move { office.gather().await }
        });
        let started = Instant::now();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let office = Arc::clone(self);
                tokio::spawn(async move { office.write_alone(writer, commits / WRITERS).await })
            })
            .collect();
        for writer in writers {
            writer.await.map_err(failed)??;
        }
        let rate = (commits / WRITERS * WRITERS) as f64 / started.elapsed().as_secs_f64();
        gathering.abort();
        Ok(rate)
    }

    async fn write_alone(&self, writer: usize, commits: usize) -> Result<(), Fault> {
        let mut patient = Machine.record_id();
        for number in 0..commits {
            if number % TURNS == 0 {
                patient = Machine.record_id();
            }
            let change = self.papers.turn(writer * TURNS + number, patient)?;
            self.vault.commit(&self.ctx(), Changes::new().and(change)).await.map_err(unexpected)?;
        }
        Ok(())
    }

    async fn gather(&self) {
        loop {
            tokio::time::sleep(GATHER_EVERY).await;
            if let Err(fault) = self.vault.gather(self.tenant).await {
                tracing::error!(doing = %fault.doing, cause = %fault.cause, "fault");
            }
        }
    }

    /// A new patient, then reads of them: each leaves one entry of evidence.
    pub async fn read_often(&self, reads: usize) -> Result<(), Fault> {
        let patient = Machine.record_id();
        let change = self.papers.turn(0, patient)?;
        self.vault.commit(&self.ctx(), Changes::new().and(change)).await.map_err(unexpected)?;
        for _ in 0..reads {
            self.vault.read(&self.ctx(), self.papers.patient, patient).await.map_err(unexpected)?;
        }
        Ok(())
    }
}
