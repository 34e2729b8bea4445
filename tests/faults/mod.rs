//! What goes wrong out there, number by number: `TABLE.md` beside this file lists them.

mod amounts;
mod bodies;
mod hostile;
mod ids;
mod links;
mod proxies;
mod runners;
mod strings;
mod table;
mod tls;
mod transport;
mod trials;
mod wire;
