#include "textflag.h"

// A byte is a digit of base64 if a bit is set in the entries of both tables, by the
// upper and by the lower half of the byte: one bit each for + - /, 0 to 9, A to O
// with a to o, P to Z with _, and p to z.
DATA highs<>+0(SB)/8, $0x1004080402010000
DATA highs<>+8(SB)/8, $0x0000000000000000
GLOBL highs<>(SB), RODATA|NOPTR, $16
DATA lows<>+0(SB)/8, $0x1e1e1e1e1e1e1e1a
DATA lows<>+8(SB)/8, $0x0d040504051c1e1e
GLOBL lows<>(SB), RODATA|NOPTR, $16
DATA nibble<>+0(SB)/1, $0x0f
GLOBL nibble<>(SB), RODATA|NOPTR, $1

// OTHERS sets a bit of mask for each byte of x that is no digit.
#define OTHERS(x, a, b, mask) \
	VPSRLW    $4, x, a;       \
	VPAND     Y13, a, a;      \
	VPSHUFB   a, Y15, a;      \
	VPSHUFB   x, Y14, b;      \
	VPAND     a, b, a;        \
	VPCMPEQB  Y12, a, a;      \
	VPMOVMSKB a, mask

// SHRINK keeps the bits of AX behind which as many more are set.
#define SHRINK(bits) \
	MOVQ AX, DX;     \
	SHRQ $bits, DX;  \
	ANDQ DX, AX

// func runAVX2(data *byte, n int) int
//
// Windows of 64 bytes, 40 apart: every run has its first 24 bytes in one of them.
// The last window ends with the data, whatever of it was seen.
TEXT ·runAVX2(SB), NOSPLIT, $0-24
	MOVQ           data+0(FP), SI
	MOVQ           n+8(FP), CX
	VBROADCASTI128 highs<>(SB), Y15
	VBROADCASTI128 lows<>(SB), Y14
	VPBROADCASTB   nibble<>(SB), Y13
	VPXOR          Y12, Y12, Y12
	XORL           R8, R8
	SUBQ           $64, CX

window:
	VMOVDQU (SI)(R8*1), Y0
	VMOVDQU 32(SI)(R8*1), Y1
	OTHERS(Y0, Y2, Y3, AX)
	OTHERS(Y1, Y4, Y5, BX)
	SHLQ    $32, BX
	ORQ     BX, AX
	NOTQ    AX
	SHRINK(1)
	SHRINK(2)
	SHRINK(4)
	SHRINK(8)
	SHRINK(8)
	TESTQ   AX, AX
	JNZ     found
	ADDQ    $40, R8
	CMPQ    R8, CX
	JLE     window
	LEAQ    -40(R8), DX
	CMPQ    DX, CX
	JEQ     none
	MOVQ    CX, R8
	JMP     window

found:
	TZCNTQ AX, AX
	ADDQ   R8, AX
	MOVQ   AX, ret+16(FP)
	VZEROUPPER
	RET

none:
	MOVQ $-1, ret+16(FP)
	VZEROUPPER
	RET
