use model::Kind;

#[derive(serde::Serialize, serde::Deserialize, Kind)]
#[kind(
    name = "Sample.Thing",
    version = 1,
    words = "A thing.",
    subject = nobody,
    purpose = Administration,
    retention = Organisation,
    history = LatestOnly,
    read = "read",
    create = "thing..create",
    revise = "thing.update",
    retire = "thing.retire "
)]
struct Thing {
    #[field(sensitivity = Internal, refers = "patient")]
    name: String,
}

fn main() {}
