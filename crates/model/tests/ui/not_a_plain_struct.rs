use model::Kind;

#[derive(Kind)]
enum Either {
    One,
}

#[derive(Kind)]
struct Pair(u8, u8);

#[derive(Kind)]
struct Generic<T> {
    value: T,
}

fn main() {}
