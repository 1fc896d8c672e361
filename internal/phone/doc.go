// Package phone serves the one page with which a phone moves a talk: two large
// buttons, the notes, the pace and the gate. It is a second door to the hub at which
// consoles attach too, and decides nothing: the screen answers each tap, and refuses
// whatever would break, repair, decide, force or end anything.
//
// Everybody in the hall may be on the same network. So the page is served at one
// address that was chosen; a code of 128 bits in the address's fragment, which no
// request and no log has, is exchanged for a cookie; Host and Origin are checked; ten
// wrong codes in a minute lock the door until somebody presses a key on the laptop;
// and whoever reads slowly, or opens many connections, is dropped and delays nobody.
// The network itself can be listened to: plain HTTP hides nothing, and the page has
// nothing that the laptop's own keys cannot take back.
package phone
