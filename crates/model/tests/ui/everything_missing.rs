use model::Kind;

#[derive(serde::Serialize, serde::Deserialize, Kind)]
#[kind()]
struct Thing {
    #[field(sensitivity = Internal)]
    name: String,
}

fn main() {}
