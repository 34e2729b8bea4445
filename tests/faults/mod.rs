//! Promise: what goes wrong out there costs nobody a second charge and nobody the truth. Number by
//! number: `TABLE.md` beside this file lists them.

mod amounts;
mod bent;
mod bodies;
pub mod clocks;
mod credentials;
mod disks;
mod homes;
mod hostile;
mod ids;
mod links;
mod machine;
mod proxies;
mod runners;
pub mod signals;
mod streams;
mod strings;
mod table;
mod tls;
mod transport;
mod trials;
mod wire;
