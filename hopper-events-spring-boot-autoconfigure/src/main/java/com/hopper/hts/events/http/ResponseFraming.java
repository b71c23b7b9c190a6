/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package com.hopper.hts.events.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.NettyPipeline;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.client.HttpClientState;

/**
 * Makes sure that an HTTP/1.1 connection gives a request only its own answer. Servers and
 * proxies send bodies with a {@code 204}, ends that come late and answers without a
 * request, and HTTP/1.1 does not number requests and answers. A connection on which
 * something arrives that does not belong to the awaited answer is closed before another
 * request can use it. Interim answers are dropped.
 */
final class ResponseFraming {

	private static final String BYTES = "hopper.bytes";

	private static final String MESSAGES = "hopper.messages";

	private ResponseFraming() {
	}

	/**
	 * Watch a new connection. Connections with HTTP/2, which numbers its streams, need no
	 * watch.
	 * @param connection the connection
	 * @see reactor.netty.http.client.HttpClient#doOnConnected
	 */
	static void watch(Connection connection) {
		ChannelPipeline pipeline = connection.channel().pipeline();
		if (pipeline.get(NettyPipeline.HttpCodec) instanceof HttpClientCodec && pipeline.get(MESSAGES) == null) {
			Messages messages = new Messages();
			pipeline.addBefore(NettyPipeline.HttpCodec, BYTES, new Bytes(messages));
			pipeline.addAfter(NettyPipeline.HttpCodec, MESSAGES, messages);
		}
	}

	/**
	 * Watch a new stream of HTTP/2, where Reactor Netty takes the first interim answer
	 * for the answer, and does not tell what the server has refused unread.
	 * @param connection the connection or stream
	 * @param state what has become of it
	 * @see reactor.netty.http.client.HttpClient#observe
	 */
	static void watchStream(Connection connection, ConnectionObserver.State state) {
		if (state == HttpClientState.STREAM_CONFIGURED) {
			connection.channel().pipeline().addAfter(NettyPipeline.H2ToHttp11Codec, MESSAGES, new StreamMessages());
		}
	}

	/**
	 * Mark an answer whose status is not three digits as failed: Netty takes any number,
	 * and Spring fails only when the answer is read.
	 */
	private static void checkStatus(HttpResponse response) {
		int status = response.status().code();
		if (status < 100 || status > 999) {
			response.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("Status " + status)));
		}
	}

	private static boolean isInterim(HttpResponse response) {
		return response.status().codeClass() == HttpStatusClass.INFORMATIONAL && response.status().code() != 101
				&& !response.decoderResult().isFailure();
	}

	/**
	 * The server has not read the request, so that it can be sent again.
	 */
	static final class RefusedUnreadException extends IOException {

		RefusedUnreadException() {
			super("HTTP/2 stream refused");
		}

	}

	/**
	 * Finds bytes after the end of an answer, in front of the codec, which keeps them for
	 * the next answer.
	 */
	private static final class Bytes extends ChannelInboundHandlerAdapter {

		private final Messages messages;

		Bytes(Messages messages) {
			this.messages = messages;
		}

		@Override
		public void channelRead(ChannelHandlerContext context, Object message) {
			if (!(message instanceof ByteBuf buffer) || !buffer.isReadable()) {
				context.fireChannelRead(message);
				return;
			}
			this.messages.remember(buffer);
			if (buffer.readableBytes() > 1 && this.messages.isAnswerAwaited()) {
				// The last byte goes to the codec on its own: if the answer ends with it,
				// nothing came after the answer
				context.fireChannelRead(buffer.readRetainedSlice(buffer.readableBytes() - 1));
			}
			if (this.messages.isAnswerAwaited()) {
				context.fireChannelRead(buffer);
				return;
			}
			buffer.release();
			this.messages.doubt(context);
		}

	}

	/**
	 * Follows requests and answers.
	 */
	@SuppressWarnings("FutureReturnValueIgnored") // Netty's writes and closes need no
													// wait
	private static final class Messages extends ChannelDuplexHandler {

		private static final int MAX_HEAD = 16 * 1024;

		private final StringBuilder head = new StringBuilder();

		private boolean headComplete;

		private boolean answerAwaited;

		private boolean requestIncomplete;

		private boolean interim;

		private boolean doubtful;

		/**
		 * The end of an answer, held back until everything that arrived with it was seen,
		 * because the end hands the connection to the next request.
		 */
		private @Nullable LastHttpContent end;

		/**
		 * Return whether the next byte can belong to an answer.
		 */
		boolean isAnswerAwaited() {
			return this.answerAwaited && this.end == null;
		}

		/**
		 * Remember what arrived until the head of the answer is complete.
		 */
		void remember(ByteBuf buffer) {
			if (!this.headComplete && this.head.length() < MAX_HEAD) {
				this.head.append(buffer.toString(StandardCharsets.ISO_8859_1));
			}
		}

		void doubt(ChannelHandlerContext context) {
			this.doubtful = true;
			if (!this.answerAwaited) {
				context.close();
			}
		}

		@Override
		public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
			if (message instanceof HttpRequest) {
				this.answerAwaited = true;
				this.requestIncomplete = true;
				this.headComplete = false;
				this.head.setLength(0);
			}
			if (message instanceof LastHttpContent) {
				this.requestIncomplete = false;
			}
			context.write(message, promise);
		}

		@Override
		public void channelRead(ChannelHandlerContext context, Object message) {
			if (!isAnswerAwaited()) {
				ReferenceCountUtil.release(message);
				doubt(context);
				return;
			}
			if (message instanceof HttpResponse response) {
				checkStatus(response);
				this.interim = isInterim(response);
				this.headComplete = !this.interim;
				this.doubtful |= isDoubtful(response);
			}
			if (this.interim) {
				this.interim = !(message instanceof LastHttpContent);
				ReferenceCountUtil.release(message);
				context.read();
			}
			else if (message instanceof LastHttpContent last) {
				this.end = last;
			}
			else {
				this.doubtful |= message instanceof HttpContent content && content.decoderResult().isFailure();
				context.fireChannelRead(message);
			}
		}

		private boolean isDoubtful(HttpResponse response) {
			return response.decoderResult().isFailure() || switch (response.status().code()) {
				case 101 -> true;
				// Looks at the raw head, because the codec removes 'chunked' from answers
				// without a body
				case 204, 205, 304 -> this.head.toString().toLowerCase(Locale.ROOT).contains("\ntransfer-encoding")
						|| !response.headers().get(HttpHeaderNames.CONTENT_LENGTH, "0").equals("0");
				// The answer came before the request was written: the server may take the
				// rest of it for the next request
				default -> this.requestIncomplete && !this.interim;
			};
		}

		@Override
		public void channelReadComplete(ChannelHandlerContext context) {
			fireEnd(context);
			context.fireChannelReadComplete();
		}

		@Override
		public void channelInactive(ChannelHandlerContext context) {
			fireEnd(context);
			context.fireChannelInactive();
		}

		private void fireEnd(ChannelHandlerContext context) {
			LastHttpContent end = this.end;
			if (end == null) {
				return;
			}
			this.end = null;
			this.answerAwaited = false;
			if (this.doubtful || end.decoderResult().isFailure() || isGivenUp(context)) {
				// Closed before the end of the answer is passed on, because that returns
				// the connection to the pool
				context.close();
			}
			context.fireChannelRead(end);
		}

		/**
		 * Return whether the request was given up, by a timeout for example. That closes
		 * the connection a little later, when the next request might have it.
		 */
		private static boolean isGivenUp(ChannelHandlerContext context) {
			ChannelOperations<?, ?> operations = ChannelOperations.get(context.channel());
			return operations != null && operations.isInboundCancelled();
		}

		@Override
		public void handlerRemoved(ChannelHandlerContext context) {
			ReferenceCountUtil.release(this.end);
			this.end = null;
		}

	}

	/**
	 * Follows the answer on a stream of HTTP/2.
	 */
	private static final class StreamMessages extends ChannelInboundHandlerAdapter {

		private boolean answered;

		@Override
		public void userEventTriggered(ChannelHandlerContext context, Object event) {
			if (!this.answered && isRefusal(event)) {
				context.fireExceptionCaught(new RefusedUnreadException());
			}
			context.fireUserEventTriggered(event);
		}

		/**
		 * Return whether the server has not read the request. At the end of a connection,
		 * Netty sends its event only to the streams that the server has not read.
		 */
		private static boolean isRefusal(Object event) {
			return event instanceof Http2GoAwayFrame || (event instanceof Http2ResetFrame reset
					&& reset.errorCode() == Http2Error.REFUSED_STREAM.code());
		}

		@Override
		public void channelRead(ChannelHandlerContext context, Object message) {
			this.answered = true;
			if (message instanceof HttpResponse response) {
				checkStatus(response);
				if (isInterim(response)) {
					ReferenceCountUtil.release(message);
					context.read();
					return;
				}
			}
			context.fireChannelRead(message);
		}

	}

}
