// Package compose runs PD and TiKV in containers with Docker Compose. It brings a
// cluster up until it is ready for the talk, attaches to a running one, and takes
// it down. It calls the command lines of Docker and of Compose, `docker compose` or
// `docker-compose`. Faults in single containers belong to package chaos.
//
// The containers know each other by names that only their network resolves. A
// Cluster knows the ports of this machine on which they are published.
package compose
