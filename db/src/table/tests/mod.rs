//! The table: its rules one by one, and all of them against brute force.

mod brute_force;
mod file;
mod longest_match;
mod rules;
mod world;
