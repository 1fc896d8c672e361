package chaos

// lossShare is what a bad cable or an overloaded switch loses at worst. TCP sends
// again after 200 ms or more.
const lossShare = 0.30

// lossFault drops some of what a store sends.
func lossFault() Type {
	return lineFault(Type{
		Name:    Loss,
		Summary: "lose 30% of what a store sends, then no more",
		effect:  "30%% of what %s sends is lost",
		undo:    "take the loss off %s",
	}, Line{Loss: lossShare})
}
