//! End-to-end tests: the program itself against real servers that each test starts and ends.
