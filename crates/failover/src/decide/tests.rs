mod reach;
mod strings;
mod table;
mod world;
