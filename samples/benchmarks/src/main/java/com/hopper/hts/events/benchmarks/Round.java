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
package com.hopper.hts.events.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/**
 * The numbers of one round.
 *
 * @param perSecond events per second
 * @param cpu CPU time of the process per event, in microseconds
 * @param allocated bytes allocated per event
 * @param p50 the median latency, in microseconds
 * @param p99 the 99th percentile, in microseconds
 * @param p999 the 99.9th percentile, in microseconds
 * @param threads the highest number of threads
 * @param live memory that is in use while events are in flight, in bytes
 * @param compilation time the compiler of the JVM was busy, in milliseconds
 * @param failures how many calls failed
 */
record Round(double perSecond, double cpu, double allocated, double p50, double p99, double p999, double threads,
		double live, double compilation, double failures) {

	String format() {
		return String.format(Locale.ROOT, "round %f %f %f %f %f %f %f %f %f %f", this.perSecond, this.cpu,
				this.allocated, this.p50, this.p99, this.p999, this.threads, this.live, this.compilation,
				this.failures);
	}

	static Round parse(String line) {
		double[] values = Arrays.stream(line.split(" ", 10)).mapToDouble(Double::parseDouble).toArray();
		return new Round(values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7],
				values[8], values[9]);
	}

}
