//! Tables of events and the commands that follow, and random walks.
