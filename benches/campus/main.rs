//! The campus bench.

fn main() {}
