"""Names that are also words: a profile masks them only where a name is meant."""

_LIST = """
    and april are art autumn baker banks best bill black bond brook brown bush can case chance chase church cook
    cross da dawn day de dean del den der di drew duke earl east faith field first fish for fox frank gene grace
    grant gray green hall hill hope house hunter ivy jack joy june key king la lake lance las law le long los love
    main major mark marsh may miles mills moon new north not page park penny post price rain ray rice rich robin
    rose rusty san sandy second sharp short skip snow south stone street summer sun swift table the van violet von
    wade wall waters weeks west white will wise wood woods you young
"""
COMMON_WORDS = frozenset(_LIST.split())

_NOBODY = """
    atm app api eta faq vat pin sim esim usb tv pc pdf csv id iban swift bic cvv cvc otp sms url vip emi cod diy
    led lcd gps wifi hdmi nfc ios android god ok usd eur gbp inr aud cad chf dollar euro pound us usa uk eu eea
    sepa europe european american british english abroad overseas asap fyi lol omg wtf ru gold silver platinum
    bronze premium customer support delivery order purchase invoice bill account refund payment card
    kb faq pol art inc doc cast iron stoneware enamel linen cotton oak walnut copper brass bamboo ceramic leather
"""
#: Words that by themselves name nobody and no place that would tell who somebody is.
NOBODY = frozenset(_NOBODY.split())
