/**
 * Letters of other scripts that are drawn like Latin ones. Pairs of a foreign letter and its Latin double: the
 * Cyrillic, Greek, Armenian and Cherokee ones that Unicode Technical Standard 39 lists as confusable, lower case first.
 */
const PAIRS = `
аa вb еe кk мm нh оo рp сc тt уy хx іi јj ѕs ԁd ԛq ԝw һh ӏl ѵv ɡg бb гr пn ԍg
АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ІI ЈJ ЅS ԀD ԚQ ԜW
αa βb γy εe ηn ιi κk νv οo ρp τt υu χx ωw
ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX
օo սu հh ոn ցg զq ꓮA ꓐB ꓚC ꓓD ꓰE ꓝF ꓖG ꓧH ꓲI ꓙJ ꓗK ꓡL ꓟM ꓠN ꓳO ꓑP ꓣR ꓢS ꓔT ꓴU ꓦV ꓪW ꓫX ꓬY ꓜZ
ıi ɑa ɩi ɪi ʀr ꜱs ᴀa ᴄc ᴅd ᴇe ᴊj ᴋk ᴍm ɴn ᴏo ᴘp ᴛt ᴜu ᴠv ᴡw ᴢz ʏy ʜh ʟl ɢg ʙb ꜰf đd łl øo
`;

/** Foreign letter to its Latin double in lower case. */
export const CONFUSABLES: ReadonlyMap<string, string> = new Map(
  PAIRS.trim()
    .split(/\s+/)
    .map((pair) => {
      const [foreign, latin] = [...pair];
      return [foreign!, latin!.toLowerCase()] as const;
    }),
);
