// The firmware of the NMT Sense glove. This file makes the folder an Arduino sketch; the program is in the .c files
// beside it, and its own main() (main.c) takes the place of the Arduino core's: no core timer or serial interrupt is
// linked, so the scan timing is the same whichever way it was built. Board: "Arduino Nano" or "Arduino Uno".
