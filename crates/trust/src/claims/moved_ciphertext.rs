use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Fhir, Tenant, patient};
use crate::probe::{Finding, Trouble, Visit, several};
use crate::scratch::Launched;
use model::{RecordId, TenantId};
use serde_json::Value;
use std::path::Path;
use storage::{Batch, Engine, Put, Row, Space, Span};

/// A sealed record opens only in its own place.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "moved-ciphertext",
    group: "What is stored",
    words: "A stored record opens only in its own place. Moved to another record, an earlier version or another \
            organisation, even by somebody who can write to our disk, it does not open.",
    rows: &["L74", "M38"],
    proof: Proof::Negative,
    counts: Counts::Sample,
    cadence_seconds: 6 * 60 * 60,
    valid_seconds: 18 * 60 * 60,
    how: "A second house of the same program is started in an empty directory with two synthetic organisations, and \
          patients are saved in it. It is stopped, and the stored bytes are exchanged directly on its disk: between two \
          patients, between an earlier and the present version of one patient, and between the organisations. It is \
          started again and each patient is asked for: none may come back with what belongs to another. Patients whose \
          bytes were written back in their own place must still open, which shows that it is the move that is refused.",
    probe: ProbeDecl {
        id: "crypto.bind",
        version: 1,
        source: include_bytes!("moved_ciphertext.rs"),
        parameters: "moves: other record, earlier version, other organisation; in spaces head and version",
        run,
    },
};

/// Rows looked at per space; a scratch house has a few dozen.
const ROWS_MAX: usize = 5_000;

/// A patient at the scratch house.
struct Held {
    /// 0 or 1.
    tenant: usize,
    id: String,
    word: String,
    /// What the patient was called before, if it was changed.
    before: Option<String>,
}

/// What is done to the stored bytes.
enum Move {
    /// The first two change places.
    Exchange(Held, Held, &'static str),
    /// An earlier version is put in the place of the present one.
    TurnBack(Held),
    /// Written back where it was.
    Stay(Held),
}

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let data = visit.stores.scratch.join(format!("house-{}", visit.word(8)));
    std::fs::create_dir_all(&data)?;
    let outcome = at_scratch_house(visit, &data).await;
    std::fs::remove_dir_all(&data)?;
    outcome
}

async fn at_scratch_house(visit: &Visit<'_>, data: &Path) -> Result<Finding, Trouble> {
    let first = visit.scratch.launch(data).await?;
    let saved = save(visit, &first).await;
    (first.stop)().await?;
    let moves = saved?;
    let rows = visit.scratch.rows(data).await?;
    for step in &moves {
        carry_out(&*rows, step).await?;
    }
    rows.shut().await.map_err(storage_trouble)?;
    drop(rows);
    let second = visit.scratch.launch(data).await?;
    let mut finding = Finding::default();
    let judged = judge(&second, &moves, &mut finding, visit).await;
    (second.stop)().await?;
    judged.map(|()| finding)
}

async fn save(visit: &Visit<'_>, house: &Launched) -> Result<Vec<Move>, Trouble> {
    let (one, other) = house.known.two_tenants()?;
    let moves = vec![
        Move::Exchange(keep(visit, house, one, 0).await?, keep(visit, house, one, 0).await?, "another record"),
        Move::Exchange(keep(visit, house, one, 0).await?, keep(visit, house, other, 1).await?, "another organisation"),
        Move::TurnBack(keep_changed(visit, house, one).await?),
        Move::Stay(keep(visit, house, one, 0).await?),
        Move::Stay(keep(visit, house, other, 1).await?),
    ];
    Ok(moves)
}

async fn keep(visit: &Visit<'_>, house: &Launched, tenant: &Tenant, number: usize) -> Result<Held, Trouble> {
    let word = visit.word(16);
    let kept = Fhir::of(&*house.wire, tenant).create(&patient(&word)).await?;
    Ok(Held { tenant: number, id: kept.id, word, before: None })
}

async fn keep_changed(visit: &Visit<'_>, house: &Launched, tenant: &Tenant) -> Result<Held, Trouble> {
    let held = keep(visit, house, tenant, 0).await?;
    let fhir = Fhir::of(&*house.wire, tenant);
    let kept =
        fhir.read("Patient", &held.id).await?.ok_or_else(|| Trouble::new("a patient just saved is not there"))?.1;
    let word = visit.word(16);
    let mut changed = patient(&word);
    if let Some(fields) = changed.as_object_mut() {
        fields.insert("id".to_owned(), Value::from(held.id.clone()));
    }
    let below = format!("/Patient/{}", held.id);
    fhir.call_if("PUT", &below, Some(&changed), kept.etag.as_deref()).await?.good("changing a patient")?;
    Ok(Held { word, before: Some(held.word), ..held })
}

/// Moves the bytes on the disk of the house, which is stopped.
async fn carry_out(rows: &dyn Engine, step: &Move) -> Result<(), Trouble> {
    match step {
        Move::Exchange(one, other, _) => {
            let (here, there) = (find(rows, &one.id).await?, find(rows, &other.id).await?);
            for space in [Space::Head, Space::Version] {
                let pairs = here.of(space).zip(there.of(space));
                for (mine, theirs) in pairs {
                    write(rows, here.tenant, space, &mine.0, mine.1.version, &theirs.1.value).await?;
                    write(rows, there.tenant, space, &theirs.0, theirs.1.version, &mine.1.value).await?;
                }
            }
            Ok(())
        }
        Move::TurnBack(held) => {
            let found = find(rows, &held.id).await?;
            let earlier =
                found.of(Space::Version).next().ok_or_else(|| Trouble::new("no earlier version is stored"))?;
            let present = found.of(Space::Head).next().ok_or_else(|| Trouble::new("no present version is stored"))?;
            write(rows, found.tenant, Space::Head, &present.0, present.1.version, &earlier.1.value).await
        }
        Move::Stay(held) => {
            let found = find(rows, &held.id).await?;
            for space in [Space::Head, Space::Version] {
                for (key, row) in found.of(space) {
                    write(rows, found.tenant, space, &key, row.version, &row.value).await?;
                }
            }
            Ok(())
        }
    }
}

/// The rows of one record, wherever they are.
struct Lying {
    tenant: TenantId,
    rows: Vec<(Space, Vec<u8>, Row)>,
}

impl Lying {
    fn of(&self, wanted: Space) -> impl Iterator<Item = (Vec<u8>, Row)> + '_ {
        self.rows.iter().filter(move |(space, ..)| *space == wanted).map(|(_, key, row)| (key.clone(), row.clone()))
    }
}

async fn find(rows: &dyn Engine, id: &str) -> Result<Lying, Trouble> {
    let wanted: RecordId = id.parse().map_err(|_| Trouble::new("a patient's id is not one that the house gives"))?;
    for tenant in rows.tenants().await.map_err(storage_trouble)? {
        let mut found = Vec::new();
        for space in [Space::Head, Space::Version] {
            let all = rows.scan(tenant, space, Span::prefix(b"", ROWS_MAX)).await.map_err(storage_trouble)?;
            let of_it = all.into_iter().filter(|(key, _)| key.windows(16).any(|part| part == wanted.as_bytes()));
            found.extend(of_it.map(|(key, row)| (space, key, row)));
        }
        if found.iter().any(|(space, ..)| *space == Space::Head) {
            return Ok(Lying { tenant, rows: found });
        }
    }
    Err(Trouble::new("a patient's stored bytes were not found, so they could not be moved"))
}

async fn write(
    rows: &dyn Engine,
    tenant: TenantId,
    space: Space,
    key: &[u8],
    version: u64,
    value: &[u8],
) -> Result<(), Trouble> {
    let put = Put { space, key: key.to_vec(), row: Row { version, value: value.to_vec() } };
    let batch = Batch { puts: vec![put], ..Batch::default() };
    rows.commit(tenant, batch).await.map(|_| ()).map_err(|error| Trouble::new(format!("writing rows: {error}")))
}

async fn judge(house: &Launched, moves: &[Move], finding: &mut Finding, visit: &Visit<'_>) -> Result<(), Trouble> {
    let (one, other) = house.known.two_tenants()?;
    let fhir = |held: &Held| Fhir::of(&*house.wire, if held.tenant == 0 { one } else { other });
    let mut refused = 0;
    let mut moved = 0;
    let mut stayed = (0, 0);
    for step in moves {
        let (victims, to): (Vec<(&Held, Vec<&String>)>, &str) = match step {
            Move::Exchange(mine, theirs, to) => (vec![(mine, vec![&theirs.word]), (theirs, vec![&mine.word])], to),
            Move::TurnBack(held) => (vec![(held, held.before.iter().collect())], "its present version's place"),
            Move::Stay(held) => {
                let reply = fhir(held).call("GET", &format!("/Patient/{}", held.id), None).await?;
                stayed.1 += 1;
                stayed.0 += u64::from(reply.status == 200 && reply.holds(&held.word));
                continue;
            }
        };
        for (victim, foreign) in victims {
            let reply = fhir(victim).call("GET", &format!("/Patient/{}", victim.id), None).await?;
            moved += 1;
            let leaks = foreign.iter().any(|word| reply.holds(word));
            if leaks || reply.status == 200 {
                finding
                    .fail(format!("Bytes that were moved to {to} were opened: the house answered {}.", reply.status));
            } else {
                refused += 1;
            }
        }
    }
    finding.saw("moved", moved);
    finding.saw("refused", refused);
    finding.saw("written_back_in_place", stayed.1);
    finding.saw("of_these_opened", stayed.0);
    finding.counted(
        moved,
        moved,
        format!("{} read back, {refused} refused", several(moved, "moved record", "moved records")),
    );
    let told = format!(
        "Written back in their own place by the same pen: {} of {} opened with their own content.",
        stayed.0, stayed.1
    );
    finding.control(stayed.1 > 0 && stayed.0 == stayed.1, told, visit.now());
    Ok(())
}

fn storage_trouble(error: storage::StorageError) -> Trouble {
    Trouble::new(format!("reading rows: {error}"))
}
