use model::Kind;

#[derive(serde::Serialize, serde::Deserialize, Kind)]
#[kind(
    name = "sample.thing",
    version = 1,
    words = "A thing.",
    subject = nobody,
    purpose = Administration,
    retention = Organisation,
    history = Ephemeral,
    read = "thing.read",
    create = "thing.create",
    revise = "thing.update",
    retire = "thing.retire"
)]
struct Thing {
    #[field(sensitivity = Internal, ends)]
    one: model::Time,
    #[field(sensitivity = Internal, ends)]
    other: model::Time,
}

fn main() {}
