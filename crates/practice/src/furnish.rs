//! A practice furnished with people who do not exist.

use access::Ctx;
use model::{Answer, Fault};
use vault::{Change, Changes, Vault};

use crate::fhir::{Resource, Type, VersionId};
use crate::records::{self, Owners};
use crate::synthetic::{self, Generated, Sizes};

/// Records in one commit: a few milliseconds of work, far below the vault's limits.
const BATCH: usize = 500;
/// Practitioners of a demonstration.
const PRACTITIONERS: usize = 6;
/// Most documents of one patient.
const DOCUMENTS_MAX: usize = 3;

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Furnished {
    /// Patients.
    pub patients: usize,
    /// Practitioners.
    pub practitioners: usize,
    /// Documents, each with its bytes.
    pub documents: usize,
}

/// Fills an organisation with so many synthetic patients, their documents and a few practitioners, through the same
/// commit as everybody. The same seed makes the same people; a second time is refused, since they are there.
///
/// `ctx` is the house in the duty [`crate::FURNISH`].
pub async fn furnish(vault: &Vault, ctx: &Ctx, seed: u64, patients: usize) -> Answer<Furnished> {
    let sizes = Sizes { patients, practitioners: PRACTITIONERS, documents_max: DOCUMENTS_MAX };
    let made = synthetic::practice(seed, ctx.now, sizes);
    let mut furnished = Furnished::default();
    for batch in made.chunks(BATCH) {
        let mut changes = Changes::new();
        for one in batch {
            changes = changes.and(change(vault, ctx, one).await?);
            match one.of {
                Type::Patient => furnished.patients += 1,
                Type::Practitioner => furnished.practitioners += 1,
                Type::DocumentReference => furnished.documents += 1,
                Type::Binary => {}
            }
        }
        vault.commit(ctx, changes).await?;
    }
    Ok(furnished)
}

async fn change(vault: &Vault, ctx: &Ctx, made: &Generated) -> Answer<Change> {
    let resource = Resource::kept(&made.text).map_err(|error| Fault::new("reading a generated resource", error))?;
    let subject = records::whose(vault, ctx, &made.id, &resource, &Owners::default()).await?;
    let (draft, _) = records::draft(&resource, &made.id, VersionId::FIRST, ctx.now, subject);
    Ok(Change::Create(draft))
}
