"""Pages of leaders: the cockpit, instructions, the wall and its tokens."""
