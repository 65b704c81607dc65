/* Ed25519 inputs at the edges, computed by an implementation other than the one under test. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VECTORS_ED25519_EDGES_H
#define VECTORS_ED25519_EDGES_H

/* The key whose seed is 00 01 ... 1f. */
#define EDGE_PUBLIC "03A107BFF3CE10BE1D70DD18E74BC09967E4D6309BA50D5F1DDC8664125531B8"

/* Its holder may choose R = the identity, by the nonce 0: this signature of "weak R" then satisfies the equation. */
#define EDGE_WEAK_R_SIGNATURE                                                                                          \
    "0100000000000000000000000000000000000000000000000000000000000000"                                                 \
    "3677D63A05C3FA8CF271FE1C3D1EF8CD71335FA302D03EF4F65809D2CCDB760E"

/* The same key plus the point of order 2: not of small order, but of mixed order. A verifier without the cofactor, as
 * ours, takes a signature when the hash of R, A and the message, modulo L, is even; one with the cofactor takes any. */
#define EDGE_MIXED_PUBLIC "EA5EF8400C31EF41E28F22E718B43F66981B29CF645AF2A0E223799BEDAACE47"
#define EDGE_MIXED_2_EVEN_SIGNATURE                                                                                    \
    "FCD918B544F28D7045EA6BE88CD62280EAE7B0F841B995DB82E9042C206EA04F"                                                 \
    "6278712F10B396B2560E71F1D35E018A74567D7C9A0D4DA276D6A705000C340D"
#define EDGE_MIXED_0_ODD_SIGNATURE                                                                                     \
    "C74FFA48BE9D94BC634C0C95E4EFAB303ADE2BBA0DC45334CC16E772E91AF364"                                                 \
    "5E2316B572B05593745D34634BDA473BC072E8FED2D9401714ADB51FBA835502"

/* And R = the point of order 2, which satisfies the equation under that key for "order two 0". */
#define EDGE_MIXED_WEAK_R_SIGNATURE                                                                                    \
    "ECFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F"                                                 \
    "CBD7C5518C54F176D0FD89E036245803883799B19F4BE8C6A8A7571092349E06"

/* Bit y says whether a point has that y, for 0 <= y < 64. */
#define EDGE_Y_ON_CURVE UINT64_C(0xF7D91DAB7FADC67B)

/* The SHA-256 of "provar 0" and so on: about one half of all texts of 32 bytes are points. */
static const struct edge_point {
    const char *bytes;
    bool on_curve;
} edge_points[] = {
    {"33E2ECF0CD7ACB17083F008CBC0D337069514427E8E86EEA83699867BBCFFB27", false},
    {"D579A8647CF337775A8818567D2E132E35C3CC46BD505BEAC946453EF5671424", true},
    {"57CF2C4B956653F22AE6C32AE90CD5CC1D807298CF78D4398959DED3F4DB8ECE", false},
    {"09B90A1DB71926448FEC84E69BCD8317A4CC987B166F3E3A72980701FD50A107", true},
    {"81078D95F4729D59495B0BCCF6B8879C5B1EC79C0D44A237392E33C820A4FDFD", true},
    {"B62E844B0FD2DF5F24A14223D2515B23CCB0B5CD8EDB0A5CED6EDBF59D9D57DA", false},
    {"F4F60E923C6C36F7D1E1FBD2E51639A5BE40B25B750FE8687DEC4EA9AA279E02", true},
    {"44BF7BA99D4930198CB92C82FFF4C185DE593554584AC0874D8491287B384425", true},
    {"DE3FFFE470A98E6B69D747547DBFD532201752D70B0C254AF3A1B6C3ABB46A1A", false},
    {"38B393CC3B7FCE985A9B7F823EE809AE1DCB31E8F373569CDC709B2074E958AA", false},
    {"D0EB3EFFB9FED8067FFB21DFAAD0B8B5A9CA4EBC317904BC9D3C74129A6802D8", true},
    {"01D8FF8A025DE4B9838473D96774648766389B7321C439BBDFF476FA71AA09CB", false},
};

#endif
