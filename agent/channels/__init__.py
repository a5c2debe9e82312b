"""How people reach conversations: thin routers that translate and decide nothing."""
