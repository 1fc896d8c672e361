// Package compose is a cluster of PD and TiKV in containers, by Docker Compose:
// brought up until it is ready for the talk, attached to where it runs already,
// and taken down. It calls the command line of Docker and of Compose, whichever
// of `docker compose` and `docker-compose` is there; what is done to single
// containers is chaos's.
//
// The containers know each other by names that only their network resolves.
// A Cluster knows at which ports of this machine they are published.
package compose
