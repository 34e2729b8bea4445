//! What goes wrong out there, number by number: `TABLE.md` beside this file lists them.

mod table;
