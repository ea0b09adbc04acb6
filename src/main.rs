//! Which face: nothing else.

fn main() {}
