package dockerhost

// Labels select the containers, networks and volumes of a cluster. Names do not:
// one that contains "tikv" may belong to anybody, PD included.
const (
	LabelProject = "com.docker.compose.project" // set by Compose
	LabelService = "com.docker.compose.service" // set by Compose
	LabelHelper  = "tikv-demo.helper"           // the project that a helper container works for
)
