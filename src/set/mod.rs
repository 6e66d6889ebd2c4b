//! Packet sets as interval decision diagrams.
//!
//! A set is a handle into an [`Arena`], a table of shared nodes.
//! A node partitions one field of the packet into intervals and names the set that holds in each;
//! equal sets are the same node, so equality is comparing two numbers.
//! A prefix or a range of ports is one interval, where a binary decision diagram needs a node for
//! each of its bits; the depth is the number of fields.
//!
//! Nodes are never freed: use one arena for one question, or [`Arena::import`] what lives on into a
//! fresh one.
//! A budget counts nodes, and an operation that exceeds it says so ([`BudgetExceeded`]); the answer
//! is then unknown, never empty and never full.

mod arena;
mod boxes;
mod build;
mod filter;
mod image;
mod layout;
mod operation;
mod query;
mod walk;
mod wildcard;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_full_size;

pub use arena::{Arena, BudgetExceeded, SetId};
pub use boxes::{Boxes, PacketBox};
pub use filter::Filter;
pub use layout::{Bound, Field, Layout, Packet};
pub use wildcard::{ScatteredWildcard, wildcard_ranges};
