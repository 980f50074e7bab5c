//! The table: its rules one by one, and all of them against brute force.

mod brute_force;
mod rules;
mod world;
