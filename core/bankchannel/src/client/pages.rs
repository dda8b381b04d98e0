//! Streams over the items of all pages of a list.

use std::collections::VecDeque;

use bankchannel_foundation::{Result, operation::Operation};
use futures_util::stream::{Stream, try_unfold};

/// The items of a list, page after page, as futures' `Stream`. After an error it ends.
pub type ItemStream<Item> = std::pin::Pin<Box<dyn Stream<Item = Result<Item>> + Send>>;

/// A page of a list.
pub(crate) struct ListPage<Item, Start> {
    pub(crate) items: Vec<Item>,
    /// The start of the next page; `None` on the last one.
    pub(crate) next: Option<Start>,
}

/// Where a page starts.
pub(crate) trait PageStart: Clone + Send + 'static {
    /// Whether a page that starts here lies after one that starts there: a peer's list may go in circles.
    fn is_after(&self, other: &Self) -> bool;
}

impl PageStart for String {
    fn is_after(&self, other: &Self) -> bool {
        self != other
    }
}

impl PageStart for u64 {
    fn is_after(&self, other: &Self) -> bool {
        self > other
    }
}

/// The rest of a list: the items of the present page, and the request for the next one.
struct RemainingItems<Request, Item, Start> {
    items: VecDeque<Item>,
    request: Option<Request>,
    from: Option<Start>,
}

/// The items of all pages. `get` gets the page of a request, `from` sets the start of the next one.
pub(crate) fn items<O, Item, Start, Page>(
    request: Result<O::Request>,
    get: impl Fn(O::Request) -> Page + Send + 'static,
    from: fn(&mut O::Request, Start),
) -> impl Stream<Item = Result<Item>> + Send + 'static
where
    O: Operation,
    O::Request: Clone,
    Item: Send + 'static,
    Start: PageStart,
    Page: Future<Output = Result<ListPage<Item, Start>>> + Send + 'static,
{
    let (request, refused) = match request {
        Ok(request) => (Some(request), None),
        Err(error) => (None, Some(error)),
    };
    let rest = (RemainingItems { items: VecDeque::new(), request, from: None }, refused, get);
    try_unfold(rest, move |(mut rest, refused, get)| async move {
        if let Some(error) = refused {
            return Err(error);
        }
        loop {
            if let Some(item) = rest.items.pop_front() {
                return Ok(Some((item, (rest, None, get))));
            }
            let Some(mut request) = rest.request.take() else { return Ok(None) };
            if let Some(start) = rest.from.clone() {
                from(&mut request, start);
            }
            let page = get(request.clone()).await?;
            let is_further = |next: &Start| rest.from.as_ref().is_none_or(|from| next.is_after(from));
            if let Some(next) = page.next.filter(|next| !page.items.is_empty() && is_further(next)) {
                (rest.from, rest.request) = (Some(next), Some(request));
            }
            rest.items = page.items.into();
        }
    })
}

/// Generates the streams of a client's paged operations.
macro_rules! paged {
    ($client:ident; $($iterator:ident over $list:ident ($request:ty, $operation:ty) -> $item:ty, $items:ident, $cursor:ident from $next:ident;)+) => {
        pastey::paste! { impl $client {$(
            #[doc = concat!("A stream over the items of all pages of [`", stringify!($list), "`](Self::", stringify!($list), "); the options count for each page.")]
            ///
            /// # Errors
            /// The stream's items: those of that method, after which the stream ends.
            pub fn $iterator(
                &self,
                request: impl $crate::model::IntoRequest<$request>,
                options: &$crate::CallOptions,
            ) -> $crate::ItemStream<$item> {
                let (client, options) = (self.clone(), options.clone());
                let get = move |request| {
                    let (client, options) = (client.clone(), options.clone());
                    async move {
                        let page = client.[<$list _with>](request, &options).await?;
                        Ok($crate::client::pages::ListPage { items: page.$items, next: page.$next })
                    }
                };
                let name = const { <$operation as $crate::operation::Operation>::DECLARATION }.name;
                let request = self.complete(request).map_err(|error| error.in_operation(name));
                Box::pin($crate::client::pages::items::<$operation, _, _, _>(request, get, |request, start| request.$cursor = Some(start)))
            }
        )+} }
    };
}

pub(crate) use paged;
